"""Places outside a profile."""

from __future__ import annotations

import os
from pathlib import Path

from app.paths import passing_folder


def test_pages_on_their_way_lie_in_memory_for_their_owner_alone_and_go() -> None:
    with passing_folder("qmc-test-") as name:
        folder = Path(name)
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "page.jpg").write_bytes(b"page")
        assert folder.is_relative_to("/dev/shm") == os.access("/dev/shm", os.W_OK)
    assert not folder.exists()


def test_a_small_memory_sends_pages_to_the_disk(monkeypatch) -> None:
    monkeypatch.setattr("app.paths._ROOM_IN_MEMORY", 1 << 60)
    with passing_folder("qmc-test-") as name:
        assert not Path(name).is_relative_to("/dev/shm")
