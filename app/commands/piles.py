"""`pile`: paper of several dossiers, scanned in one go, routed by its codes, kept when told to."""

from __future__ import annotations

import argparse
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from app.commands.opened import Opened
from app.domain.routing import UNSORTED_PAPER, Decision, Fate
from app.errors import AppError, WrongUse
from app.scanning.driver import ScannedPage, ScanProfile, Source
from app.scanning.files import read_files
from app.scanning.scanners import AllScanners
from app.services import lookup, pile_proposals, piles
from app.services.desk import Clerk
from app.services.pile_proposals import Proposal

_MOST_PAGES = 2000


def add_verb(verbs: Any) -> None:
    """Add `pile` with its own verbs to the command line."""
    pile = verbs.add_parser("pile", help="scan paper of many dossiers; codes file the pages")
    acts = pile.add_subparsers(metavar="ACT", required=True)
    new = acts.add_parser("new", help="scan a pile, or take files; answer the proposal")
    new.add_argument("--device", metavar="D")
    new.add_argument("--file", type=Path, nargs="+", metavar="F")
    new.add_argument("--source", choices=["feeder", "feeder_duplex", "glass"], default="feeder")
    new.add_argument("--dpi", type=int, default=300)
    new.add_argument("--colour", action="store_true")
    new.add_argument("--duplex", action="store_true", help="files are fronts and backs in turn")
    new.set_defaults(run=_acting(begin))
    list_ = acts.add_parser("list", help="piles that have not ended")
    list_.set_defaults(run=lambda called: called.opened(list_open))
    for name, act, words in (
        ("show", show, "read what was not read yet; answer the proposal"),
        ("keep", keep, "attach the pages to their dossiers"),
        ("discard", discard, "throw the pile away"),
        ("move", move, "move pages to a dossier, or let them wait"),
        ("drop", drop, "leave pages out"),
    ):
        verb = acts.add_parser(name, help=words)
        verb.add_argument("pile", type=UUID, metavar="PILE")
        if name in ("move", "drop"):
            verb.add_argument("--pages", required=True, metavar="N,N-N")
        if name == "move":
            verb.add_argument("--to", required=True, metavar="CODE|-", help="- to let them wait")
            verb.add_argument("--paper", dest="paper_key", default=UNSORTED_PAPER, metavar="K")
            verb.add_argument("--begins", action="store_true", help="what follows goes along")
        if name == "keep":
            verb.add_argument("--mark", default="", help="only what this proposal said")
        verb.set_defaults(run=_acting(act))


def _acting(act: Any) -> Any:
    return lambda called: called.acting(lambda opened, clerk: act(opened, clerk, called.arguments))


def begin(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Take a pile in, read it, and answer where its pages would go."""
    pages = _scanned(opened, arguments)
    has_sides = arguments.duplex or arguments.source == Source.FEEDER_DUPLEX
    pile: UUID | None = None
    count, problem = 0, ""
    try:
        for scanned in pages:
            if pile is None:
                pile = piles.begin(opened.desk, clerk, scanned.device)
            side = ("front", "back")[count % 2] if has_sides else ""
            piles.add_page(opened.desk, pile, scanned.image, device=scanned.device, side=side)
            count += 1
    except AppError as error:  # what came before it is kept
        if pile is not None and not count:
            piles.discard(opened.desk, pile)
        if not count:
            raise
        problem = str(error)
    if pile is None:
        raise WrongUse("Không có trang nào.")
    return _read_whole(opened, pile) | {"problem": problem}


def _scanned(opened: Opened, arguments: argparse.Namespace) -> Iterator[ScannedPage]:
    cancel = threading.Event()
    if arguments.file:
        return read_files(arguments.file, progress=lambda *_: None, cancel=cancel)
    device = arguments.device or opened.settings.scanner
    if not device:
        raise WrongUse("Cần --device hoặc --file.")
    profile = ScanProfile(
        source=Source(arguments.source), dpi=arguments.dpi, colour=arguments.colour
    )
    return AllScanners().scan(device, profile, progress=lambda *_: None, cancel=cancel)


def list_open(opened: Opened) -> dict[str, Any]:
    """List the piles that have not ended."""
    return {
        "piles": [
            {
                "pile": str(one.id),
                "begun": one.begun_at.isoformat(),
                "actor": one.actor,
                "device": one.device,
                "pages": one.page_count,
                "unread": one.unread_count,
            }
            for one in piles.open_piles(opened.desk)
        ]
    }


def show(opened: Opened, _: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Go on reading where a pile stopped, and answer the proposal."""
    return _read_whole(opened, arguments.pile)


def _read_whole(opened: Opened, pile: UUID) -> dict[str, Any]:
    while piles.read_next(opened.desk, pile):
        pass
    return _answer(pile_proposals.propose(opened.desk, pile))


def _answer(proposal: Proposal) -> dict[str, Any]:
    return {
        "pile": str(proposal.pile),
        "mark": proposal.mark,
        "waiting": proposal.waiting_count,
        "pages": [
            {
                "number": page.number,
                "page": str(page.id),
                "fate": page.placed.fate.value,
                "code": page.placed.code,
                "paper": page.placed.paper,
                "separator": page.placed.is_separator,
                "side": page.side,
                "read": page.stage,
                "asks": any(note.asks for note in page.placed.notes),
                "notes": [note.words for note in page.placed.notes],
            }
            for page in proposal.pages
        ],
        "groups": [
            {
                "fate": group.fate.value,
                "code": group.code,
                "pages": [page.number for page in group.pages],
            }
            for group in proposal.groups
        ],
    }


def move(opened: Opened, _: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Move pages to a dossier that is on this station, or let them wait."""
    decision = Decision(Fate.WAIT, begins=arguments.begins)
    if arguments.to != "-":
        dossier = lookup.by_code(opened.desk, arguments.to)
        decision = Decision(Fate.KEEP, dossier, arguments.paper_key, arguments.begins)
    return _decide(opened, arguments, decision)


def drop(opened: Opened, _: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Leave pages out; `move` has them back until the pile ends."""
    return _decide(opened, arguments, Decision(Fate.DROP))


def _decide(opened: Opened, arguments: argparse.Namespace, decision: Decision) -> dict[str, Any]:
    pages = pile_proposals.propose(opened.desk, arguments.pile).pages
    numbers = read_numbers(arguments.pages)
    strange = sorted(n for n in numbers if n > len(pages))
    if strange:
        raise WrongUse(f"Chồng giấy có {len(pages)} trang, không có trang {strange[0]}.")
    piles.decide(opened.desk, [p.id for p in pages if p.number in numbers], decision)
    return _answer(pile_proposals.propose(opened.desk, arguments.pile))


def read_numbers(text: str) -> set[int]:
    """Return page numbers written like `3-5,8`.

    Raises:
        WrongUse: it is not written so.
    """
    numbers: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"([1-9]\d{0,3})(?:-([1-9]\d{0,3}))?", part.strip(), re.ASCII)
        last = int(match[2] or match[1]) if match else 0
        if match is None or not int(match[1]) <= last <= _MOST_PAGES:
            raise WrongUse(f"--pages cần dạng 3-5,8; không phải “{text}”.")
        numbers |= set(range(int(match[1]), last + 1))
    return numbers


def keep(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Attach all pages that have a dossier; with `--mark` only if nothing changed since."""
    seen = arguments.mark or pile_proposals.propose(opened.desk, arguments.pile).mark
    kept = piles.keep(opened.desk, clerk, arguments.pile, seen=seen)
    return {
        "kept": [{"code": code, "pages": count} for code, count in kept.pages.items()],
        "problems": list(kept.problems),
        "ended": kept.has_ended,
    }


def discard(opened: Opened, _: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Throw a pile away; nothing of it belongs to a dossier."""
    count = len(pile_proposals.propose(opened.desk, arguments.pile).pages)
    piles.discard(opened.desk, arguments.pile)
    return {"discarded": count}
