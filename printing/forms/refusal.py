"""Form 03: Phiếu từ chối tiếp nhận giải quyết hồ sơ."""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import Block, PaperSize, PrintDocument, Text
from printing.forms import frame
from printing.forms.frame import CodeWords, Head, Line, Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalWords:
    """Everything that stands on the refusal; `agency` is who refuses."""

    head: Head
    codes: CodeWords | None
    form_number: str
    title: str
    lines: tuple[Line, ...]
    agency: str
    reason: str
    contact: str
    submitter_name: str
    clerk_name: str
    marks: tuple[str, ...] = ()
    watermark: str = ""


def build(words: RefusalWords, paper: PaperSize) -> PrintDocument:
    """Lay out the refusal."""
    look = frame.look(paper)
    code = words.codes.code if words.codes else ""
    blocks: list[Block] = [
        *frame.head_blocks(words.head, look),
        *(frame.code_blocks(words.codes, look) if words.codes else ()),
        *frame.mark_blocks(words.marks, look),
        *frame.title_blocks(words.title, look),
        *frame.line_blocks(words.lines, look, strong=0),
        *frame.paragraph_blocks(
            (
                f"Qua xem xét, {words.agency} thông báo không tiếp nhận, giải quyết hồ sơ này "
                "với lý do cụ thể như sau:",
            ),
            look,
        ),
        Text(words.reason, size_pt=look.body, bold=True, after_mm=1.5),
        *frame.paragraph_blocks(
            (words.contact, "Xin thông báo cho Ông/Bà được biết và thực hiện."), look
        ),
        frame.signature_blocks(
            (
                Signature("NGƯỜI NỘP HỒ SƠ", words.submitter_name),
                Signature("NGƯỜI TIẾP NHẬN HỒ SƠ", words.clerk_name),
            ),
            look,
        ),
    ]
    return frame.document(
        look,
        f"{words.title.capitalize()} {code}".strip(),
        blocks,
        footer=frame.footer_line(code, words.form_number),
        watermark=words.watermark,
    )
