"""The page of the benchmarks says what was measured."""

from __future__ import annotations

from xml.etree import ElementTree

from benchmarks import page
from benchmarks.result import Result
from benchmarks.sync.suite import Measured, Table


def test_the_picture_has_a_bar_as_long_as_each_share() -> None:
    picture = page.picture({"a bad line": {"ours": 0.5, "a & b": 0.25, "over": 1.5}})

    bars = ElementTree.fromstring(picture).findall("{*}rect")[1:]
    ours, other, over = (float(bar.get("width", 0)) for bar in bars)
    assert ours == 2 * other
    assert over == 2 * ours  # never beyond the limit's own mark
    assert "a &amp; b" in picture
    assert "1.50" in picture


def test_the_page_shows_every_table_and_every_figure(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(page, "DOCS", tmp_path)
    (tmp_path / "images").mkdir()
    table = Table("A race", "Some words.", ("who", "how fast"), [["ours", "7.0"]])
    figure = Result("sync: ours", 7.0, "/s", "the limit, 10.0/s", 0.7, 3)

    page.write([figure], Measured([figure], [table], {"a line": {"ours": 0.7}}))

    text = (tmp_path / "benchmarks.md").read_text("utf-8")
    assert "### A race\n\nSome words.\n\n| who | how fast |\n| --- | --- |\n| ours | 7.0 |" in text
    assert "| sync: ours | 7.00 /s | 0.70 | the limit, 10.0/s | 3 |" in text
    assert (tmp_path / "images" / "sync.svg").exists()
