"""Letters of the agency about one dossier: form 04 (apology and extension), form 05 (stop).

Laid out as NĐ 30/2020/NĐ-CP App. I wants a letter: addressee, paragraphs,
Nơi nhận at the left, the head of the agency signs and seals at the right.
"""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import (
    Align,
    Block,
    PaperSize,
    PrintDocument,
    SideBySide,
    Space,
    Text,
    Together,
)
from printing.forms import frame
from printing.forms.frame import CodeWords, Head, Line, Look, Signature

_FIRST_MM = 10.0  # 1 to 1.27 cm


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWords:
    """Everything that stands in the letter.

    Attributes:
        addressee: behind "Kính gửi:", or "" for none.
        opening: paragraphs before the lines; `closing`: after them.
        copies_to: lines of Nơi nhận.
    """

    head: Head
    codes: CodeWords
    form_number: str
    title: str
    addressee: str
    opening: tuple[str, ...]
    lines: tuple[Line, ...]
    closing: tuple[str, ...]
    signature: Signature
    copies_to: tuple[str, ...]
    marks: tuple[str, ...] = ()
    watermark: str = ""


def build(words: LetterWords, paper: PaperSize) -> PrintDocument:
    """Lay out the letter."""
    look = frame.look(paper, letter=True)
    code = words.codes.code
    blocks: list[Block] = [
        *frame.head_blocks(words.head, look),
        *frame.code_blocks(words.codes, look),
        *frame.mark_blocks(words.marks, look),
        *frame.title_blocks(words.title, look),
    ]
    if words.addressee:
        blocks.append(
            Text(words.addressee, lead="Kính gửi:", size_pt=look.body, align=Align.CENTRE,
                 after_mm=2.5)
        )  # fmt: skip
    blocks += [
        *frame.paragraph_blocks(words.opening, look, first_mm=_FIRST_MM),
        *frame.line_blocks(words.lines, look),
        Space(0.6),
        *frame.paragraph_blocks(words.closing, look, first_mm=_FIRST_MM),
        _end(words, look),
    ]
    return frame.document(
        look,
        f"{words.title.capitalize()} {code}",
        blocks,
        footer=frame.footer_line(code, words.form_number),
        watermark=words.watermark,
    )


def _end(words: LetterWords, look: Look) -> Block:
    """Nơi nhận and the signature, never torn apart. Source: NĐ 30/2020/NĐ-CP App. I, 7 and 9."""
    centre = Align.CENTRE
    left: tuple[Block, ...] = (
        Space(1.5),
        Text("Nơi nhận:", size_pt=look.small + 1.5, bold=True, italic=True, after_mm=0.5),
        *[Text(f"- {line};", size_pt=look.small + 0.5, after_mm=0) for line in words.copies_to],
        Text("- Lưu: hồ sơ.", size_pt=look.small + 0.5, after_mm=0),
    )
    right: tuple[Block, ...] = (
        Space(1.5),
        Text(words.signature.title, size_pt=look.body, bold=True, align=centre, after_mm=0),
        Text(words.signature.hint, size_pt=look.small + 0.6, italic=True, align=centre, after_mm=0),
        Space(22 * look.scale),
        Text(words.signature.name, size_pt=look.body, bold=True, align=centre, after_mm=0),
    )
    return Together((SideBySide((left, right), (0.45, 0.55), after_mm=0),))
