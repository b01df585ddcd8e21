"""A clerk's process that may be killed at any moment: `python -m tests.support.dying ROOT IMAGE`.

All is imported once. For each line on standard input ("receive", "scan" or "sync") a child is
forked, which opens the profile afresh and works until it is killed. Lines on standard output:
"pid N", "at PHASE", "said WORDS", "failed WORDS", and "ended" once the child is gone.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from app.bootstrap import Workstation, open_workstation
from app.models.journal import Journal
from app.services import intake, scanning
from app.sync import digest, earlier, pages, pull, push, supply
from tests.support.office import BICH, Clock, copies_entry

PHASES: tuple[tuple[Any, str], ...] = (
    (intake, "receive"),
    (scanning, "keep_image"),
    (scanning, "add_to_draft"),
    (scanning, "attach_page"),
    (Journal, "write"),
    (push, "push_all"),
    (pull, "pull_all"),
    (digest, "prove"),
    (pages, "send_pages"),
    (supply, "renew_numbers"),
    (earlier, "settle"),
)


def say(words: str) -> None:
    """Write one line at once, so that what was written before the kill is whole."""
    os.write(1, f"{words}\n".encode())


def _marked(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def marking(*given: Any, **more: Any) -> Any:
        say(f"at {name}")
        found = work(*given, **more)
        say(f"at after {name}")
        return found

    return marking


def receives(opened: Workstation, image: bytes) -> None:
    """Receive dossier after dossier."""
    for i in count():
        say(f"said code {intake.receive(opened.desk, BICH, copies_entry(f'Người {i}')).code}")


def scans(opened: Workstation, image: bytes) -> None:
    """Scan into drafts that become dossiers, and into dossiers."""
    for i in count():
        draft = uuid4()
        for position in (1, 2):
            page = _page(opened, image + os.urandom(8), position)
            scanning.add_to_draft(opened.desk, draft, page)
            say(f"said page {page.sha256}")
        entry = copies_entry(f"Người Có Trang {i}", draft=draft)
        reception = intake.receive(opened.desk, BICH, entry)
        say(f"said code {reception.code}")
        page = _page(opened, image + os.urandom(8), 3)
        scanning.attach_page(opened.desk, BICH, reception.dossier, page)
        say(f"said page {page.sha256}")


def _page(opened: Workstation, image: bytes, position: int) -> scanning.KeptPage:
    return scanning.keep_image(
        opened.desk, image, paper="ban-chinh", position=position, device="file"
    )


def syncs(opened: Workstation, image: bytes) -> None:
    """Receive a little, with pages, and sync, again and again."""
    engine_ = opened.engine()
    for i in count():
        for j in range(4):
            reception = intake.receive(opened.desk, BICH, copies_entry(f"Người {i} {j}"))
            say(f"said code {reception.code}")
        page = _page(opened, image + os.urandom(8), 1)
        scanning.attach_page(opened.desk, BICH, reception.dossier, page)
        say(f"said page {page.sha256}")
        engine_.run()


WORK = {"receive": receives, "scan": scans, "sync": syncs}


def _child(root: Path, image: bytes, what: str) -> None:
    say("at opening")
    opened = open_workstation(root)
    opened.desk.clock = Clock()
    opened.desk.catalogue()
    say("at work")
    WORK[what](opened, image)


def main() -> None:
    """Fork a child for every line."""
    root, image = Path(sys.argv[1]), Path(sys.argv[2]).read_bytes()
    warm = open_workstation(root)  # what is read and compiled once need not be in every child
    warm.desk.clock = Clock()
    intake.quote(warm.desk, copies_entry())
    warm.close()
    say("ready")
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            for owner, name in PHASES:
                setattr(owner, name, _marked(name, getattr(owner, name)))
            try:
                say(f"pid {os.getpid()}")
                _child(root, image, line.strip())
            except BaseException:  # noqa: BLE001 # told to the test, which fails
                say("failed " + traceback.format_exc().replace("\n", " | "))
            os._exit(0)
        os.waitpid(pid, 0)
        say("ended")


if __name__ == "__main__":
    main()
