"""A pile of paper by commands: an office of its own, whose processes may be killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from app.commands.piles import read_numbers
from app.errors import WrongUse
from tests.support import paper_mill as mills
from tests.support.office import (
    CommandLine,
    real_clock,
    running_office,
)
from tests.support.paper_mill import CLEAN, Mill
from tests.support.processes import wait_for
from tests.support.scan_shop import scan_shop

DPI = 200


@pytest.fixture(scope="module")
def mill() -> Mill:
    return Mill(seed=3, dpi=DPI)


@pytest.fixture(scope="module")
def main(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    folder = tmp_path_factory.mktemp("commands")
    with running_office(folder / "office", clock=real_clock()) as running:
        line = CommandLine(folder / "p", folder / "home")
        line.enrol(running)
        yield line


def received_by(main: CommandLine, name: str) -> str:
    said = main(
        "receive", "--procedure", "ctbs", "--name", name, "--id-number", "000090000002",
        "--pages", "3", "--copies", "1",
    )  # fmt: skip
    assert said.exit_code == 0, said
    return str(said.json["code"])


def files_of(folder: Path, images: Sequence[bytes]) -> list[Path]:
    folder.mkdir(parents=True)
    paths = [folder / f"trang-{i:03d}.jpg" for i in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        path.write_bytes(image)
    return paths


def test_a_pile_by_commands_from_files_to_dossiers(
    main: CommandLine, mill: Mill, tmp_path: Path
) -> None:
    codes = [received_by(main, name) for name in ("Người Một", "Người Hai")]
    stack = list(mills.stack(codes, 9, mill, CLEAN))
    letter = mill.scan(mills.letter(50, DPI), CLEAN)
    files = files_of(tmp_path / "in", [letter, *(one.image for one in stack)])

    said = main("pile", "new", "--file", *files)

    assert said.exit_code == 0, said
    answer = said.json
    assert answer["waiting"] == 1
    assert answer["pages"][0]["fate"] == "wait"
    assert answer["pages"][0]["asks"] is True
    assert [page["code"] for page in answer["pages"][1:]] == [one.owner for one in stack]
    assert [group["code"] for group in answer["groups"]] == [*codes, ""]
    pile = answer["pile"]
    assert [one["pile"] for one in main("pile", "list").json["piles"]] == [pile]

    moved = main("pile", "move", pile, "--pages", "1", "--to", codes[1]).json
    assert moved["waiting"] == 0
    dropped = main("pile", "drop", pile, "--pages", "3-4").json
    assert [page["fate"] for page in dropped["pages"]][2:4] == ["drop", "drop"]
    stale = main("pile", "keep", pile, "--mark", answer["mark"])
    assert stale.exit_code == 3
    kept = main("pile", "keep", pile, "--mark", dropped["mark"]).json

    assert kept["ended"] is True
    by_code = {one["code"]: one["pages"] for one in kept["kept"]}
    assert sum(by_code.values()) == sum(p["fate"] == "keep" for p in dropped["pages"])
    assert main("show", codes[1]).json["pages"] == by_code[codes[1]]
    assert main("pile", "show", pile).exit_code == 3


@pytest.mark.parametrize("pages", ["0", "1-", "x", "3-1", "1-99999", "", "²"])
def test_page_numbers_that_mean_nothing_are_wrong_use(pages: str) -> None:
    with pytest.raises(WrongUse):
        read_numbers(pages)


def test_page_numbers_are_single_ones_and_ranges() -> None:
    assert read_numbers("3-5, 8,4") == {3, 4, 5, 8}


def test_a_scanner_that_jams_leaves_the_pages_before_in_their_pile(
    main: CommandLine, tmp_path: Path
) -> None:
    code = received_by(main, "Người Kẹt Giấy")
    mill = Mill(9, 300)
    sheets = [mills.receipt(code, 300), *(mills.letter(i, 300) for i in range(3))]
    files = files_of(tmp_path / "in", [mill.scan(sheet, CLEAN) for sheet in sheets])

    with scan_shop(tmp_path / "sane", files) as shop:
        shop.jam_after(3)
        said = main("pile", "new", "--device", shop.feeder, env=shop.env)

    assert said.exit_code == 0, said
    assert "kẹt giấy" in said.json["problem"]
    assert [page["code"] for page in said.json["pages"]] == [code] * 3
    assert main("pile", "discard", said.json["pile"]).json == {"discarded": 3}


def test_a_pile_killed_while_it_is_taken_in_read_or_kept_ends_whole(
    main: CommandLine, mill: Mill, tmp_path: Path
) -> None:
    codes = [received_by(main, f"Người {i}") for i in range(6)]
    stack = list(mills.stack(codes, 26, mill, CLEAN))
    files = files_of(tmp_path / "in", [one.image for one in stack])

    def killed(words: Sequence[str | Path], is_midway) -> None:
        child = main.start(*words)
        try:
            wait_for(lambda: child.poll() is not None or is_midway(), 60, "midway")
        finally:
            if child.poll() is None:
                os.kill(child.pid, signal.SIGKILL)
            child.communicate()

    def found() -> dict[str, int]:
        piles_found = main("pile", "list").json["piles"]
        return piles_found[0] if piles_found else {"pages": 0, "unread": 0}

    killed(["pile", "new", "--file", *files], lambda: found()["pages"] >= 3)
    taken = found()
    assert 3 <= taken["pages"] <= 26
    pile = str(taken["pile"])
    killed(["pile", "show", pile], lambda: found()["unread"] < taken["unread"])
    proposal = main("pile", "show", pile).json
    expected = {
        code: sum(p["fate"] == "keep" and p["code"] == code for p in proposal["pages"])
        for code in codes
    }
    assert sum(expected.values())
    for one, truth in zip(proposal["pages"], stack, strict=False):
        assert one["code"] == truth.owner

    blobs = main.root / "blobs"
    assert blobs.is_dir()
    killed(["pile", "keep", pile], lambda: any(main.root.rglob("pages/*")))
    if main("pile", "show", pile).exit_code == 0:
        assert main("pile", "keep", pile).json["ended"] is True
    for code, count in expected.items():
        assert main("show", code).json["pages"] == count
