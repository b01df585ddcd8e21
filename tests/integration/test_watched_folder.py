"""Files that a scanner drops: taken when complete, moved aside when safe."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from app.domain.pages import Origin
from app.scanning.driver import FeederEmpty, NotReadable, ScannedPage, ScannerGone, ScanProfile
from app.scanning.watched_folder import PREFIX, REFUSED, TAKEN, WatchedFolder
from tests.support.office import picture


def scan(folder: Path, **more: object) -> list[ScannedPage]:
    watched = WatchedFolder(folder, look_s=0.02, patience_s=0.6)
    options = {"progress": lambda *_: None, "cancel": threading.Event()} | more
    return list(watched.scan(f"{PREFIX}{folder}", ScanProfile(), **options))  # type: ignore[arg-type]


def put(folder: Path, name: str, content: bytes, age: int = 0) -> Path:
    path = folder / name
    path.write_bytes(content)
    moment = 1_800_000_000 - age
    os.utime(path, (moment, moment))
    return path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def test_files_are_taken_oldest_first_and_moved_aside(tmp_path: Path) -> None:
    first, second = picture(1), picture(2)
    put(tmp_path, "b.jpg", first, age=60)
    put(tmp_path, "a.jpg", second)

    found = scan(tmp_path)

    assert [page.image for page in found] == [first, second]
    assert {page.device for page in found} == {f"{PREFIX}{tmp_path}"}
    assert found[0].origin in set(Origin)
    assert names(tmp_path) == {TAKEN}
    assert names(tmp_path / TAKEN) == {"a.jpg", "b.jpg"}


def test_a_file_is_moved_only_when_the_next_page_is_asked_for(tmp_path: Path) -> None:
    path = put(tmp_path, "a.jpg", picture(1))
    pages = WatchedFolder(tmp_path, look_s=0.02).scan(
        "folder:x", ScanProfile(), progress=lambda *_: None, cancel=threading.Event()
    )

    next(pages)
    assert path.exists()  # it is not durable yet, as far as the folder knows
    with pytest.raises(StopIteration):
        next(pages)
    assert not path.exists()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_half_written_file_stays_until_it_is_whole(tmp_path: Path, kind: str) -> None:
    whole = picture(3, kind=kind)
    path = put(tmp_path, "a.jpg" if kind == "JPEG" else "a.png", whole[: len(whole) // 2])

    with pytest.raises(NotReadable, match="chưa ghi xong"):
        scan(tmp_path)
    assert path.exists()

    path.write_bytes(whole)
    assert [page.image for page in scan(tmp_path)] == [whole]


def test_a_file_that_is_still_growing_is_waited_for(tmp_path: Path) -> None:
    whole = picture(4)
    path = tmp_path / "slow.jpg"
    begun = threading.Event()

    def write() -> None:
        with path.open("wb") as file:
            for at in range(0, len(whole), max(1, len(whole) // 5)):
                file.write(whole[at : at + max(1, len(whole) // 5)])
                file.flush()
                begun.set()
                threading.Event().wait(0.03)

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait(5)
    watched = WatchedFolder(tmp_path, look_s=0.1, patience_s=20)
    found = list(
        watched.scan("folder:x", ScanProfile(), progress=lambda *_: None, cancel=threading.Event())
    )
    writer.join()

    assert [page.image for page in found] == [whole]


def test_what_cannot_be_read_goes_aside_and_holds_nothing_up(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", b"\xff\xd8\xff no picture \xff\xd9", age=60)
    put(tmp_path, "b.jpg", picture(5))
    kept = []

    with pytest.raises(NotReadable) as caught:
        for page in WatchedFolder(tmp_path, look_s=0.02).scan(
            "folder:x", ScanProfile(), progress=lambda *_: None, cancel=threading.Event()
        ):
            kept.append(page)

    assert len(kept) == caught.value.pages_before == 1
    assert "a.jpg" in caught.value.title
    assert names(tmp_path / REFUSED) == {"a.jpg"}
    assert names(tmp_path / TAKEN) == {"b.jpg"}


def test_a_name_that_was_used_before_overwrites_nothing(tmp_path: Path) -> None:
    contents = [picture(6), picture(7)]
    for content in contents:
        put(tmp_path, "scan.jpg", content)
        scan(tmp_path)

    taken = {path.read_bytes() for path in (tmp_path / TAKEN).iterdir()}
    assert taken == set(contents)


def test_other_files_links_and_hidden_ones_are_left_alone(tmp_path: Path) -> None:
    outside = put(tmp_path, "secret.png", picture(8, kind="PNG"))
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "link.png").symlink_to(outside)
    put(folder, ".part.jpg", picture(8))
    put(folder, "notes.txt", b"x")

    with pytest.raises(FeederEmpty, match="chưa có tệp"):
        scan(folder)
    assert names(folder) == {"link.png", ".part.jpg", "notes.txt"}


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    assert WatchedFolder(tmp_path / "x").devices() == []
    with pytest.raises(ScannerGone, match="x"):
        scan(tmp_path / "x")
    assert WatchedFolder(tmp_path).devices()[0].label.startswith("Thư mục")
