"""What was seen, on one page."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from scripts.demo.stage import FONT

_WIDTH, _ACROSS, _GAP, _CAPTION = 520, 4, 14, 26


def contact_sheet(folder: Path) -> Path | None:
    """Put the pictures of a folder on one, in the order of their names; None if there are none."""
    found = sorted(
        (p for p in folder.glob("*.png") if p.name[:1].isdigit()),
        key=lambda path: int(path.name.split("-")[0]),
    )
    if not found:
        return None
    tiles = []
    for path in found:
        with Image.open(path) as picture:
            height = round(picture.height * _WIDTH / picture.width)
            tiles.append(picture.convert("RGB").resize((_WIDTH, height)))
    tall = max(tile.height for tile in tiles) + _CAPTION + _GAP
    rows = -(-len(tiles) // _ACROSS)
    sheet = Image.new("RGB", (_ACROSS * (_WIDTH + _GAP) + _GAP, rows * tall + _GAP), "#ffffff")
    draw, font = ImageDraw.Draw(sheet), ImageFont.truetype(str(FONT), 17)
    for i, (path, tile) in enumerate(zip(found, tiles, strict=True)):
        x, y = _GAP + i % _ACROSS * (_WIDTH + _GAP), _GAP + i // _ACROSS * tall
        draw.text((x, y), path.stem.replace("-", " "), font=font, fill="#000000")
        sheet.paste(tile, (x, y + _CAPTION))
    target = folder / "contact-sheet.png"
    sheet.save(target)
    return target
