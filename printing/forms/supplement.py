"""Form 02: Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ. All that is missing, said once."""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import Align, Block, Column, PaperSize, PrintDocument, Table, Text
from printing.forms import frame
from printing.forms.frame import CodeWords, Head, Line, Look, Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementWords:
    """Everything that stands on the request.

    Attributes:
        items: what is missing or wrong, each with its legal ground or "".
        round: which time it is asked, from 1; the law wants it asked once.
        deadline: as printed, or "" to be written in by hand.
        contact: who answers questions.
        codes: None before the dossier has a code.
    """

    head: Head
    codes: CodeWords | None
    form_number: str
    title: str
    lines: tuple[Line, ...]
    items: tuple[Line, ...]
    reason: str
    round: int
    deadline: str
    ground: str
    contact: str
    clerk_name: str
    submitter_name: str = ""
    marks: tuple[str, ...] = ()
    watermark: str = ""


def build(words: SupplementWords, paper: PaperSize) -> PrintDocument:
    """Lay out the request."""
    look = frame.look(paper)
    code = words.codes.code if words.codes else ""
    blocks: list[Block] = [
        *frame.head_blocks(words.head, look),
        *(frame.code_blocks(words.codes, look) if words.codes else ()),
        *frame.mark_blocks(words.marks, look),
        *frame.title_blocks(words.title, look, below=f"(Lần thứ {words.round})"),
        *frame.line_blocks(words.lines, look, strong=0),
        Text("Yêu cầu Ông/Bà hoàn thiện hồ sơ gồm những nội dung như sau:", size_pt=look.body),
        *_items(words, look),
        Text(words.reason or "như trên", lead="Lý do:", size_pt=look.body),
        Text(words.deadline or "…… giờ ……, ngày …… tháng …… năm ……", bold=bool(words.deadline),
             lead="Thời hạn hoàn thiện:", size_pt=look.body),
        *([Text(words.ground, lead="Căn cứ:", size_pt=look.body)] if words.ground else ()),
        *frame.paragraph_blocks((words.contact,), look),
        frame.signature_blocks(
            (
                Signature("NGƯỜI NHẬN PHIẾU", words.submitter_name),
                Signature("NGƯỜI HƯỚNG DẪN", words.clerk_name),
            ),
            look,
        ),
    ]  # fmt: skip
    return frame.document(
        look,
        f"{words.title.capitalize()} {code}".strip(),
        blocks,
        footer=frame.footer_line(code, words.form_number),
        watermark=words.watermark,
    )


def _items(words: SupplementWords, look: Look) -> list[Block]:
    if look.is_narrow:
        return [
            Text(f"{i}) {what}" + (f" — {ground}" if ground else ""), size_pt=look.body,
                 after_mm=0.6)
            for i, (what, ground) in enumerate(words.items, start=1)
        ]  # fmt: skip
    has_grounds = any(ground for _, ground in words.items)
    columns = [Column("TT", 8, Align.CENTRE), Column("Nội dung cần bổ sung, hoàn thiện", 60)]
    if has_grounds:
        columns.append(Column("Căn cứ", 32))
    rows = tuple(
        (str(i), what, ground) if has_grounds else (str(i), what)
        for i, (what, ground) in enumerate(words.items, start=1)
    )
    return [Table(tuple(columns), rows, size_pt=look.body - 0.5)]
