"""What a screen is to the frame, and what the frame gives to a screen; no screen knows another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from uuid import UUID

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.domain.cards import Card
from app.domain.scans import Scan
from app.services.desk import Clerk, Desk
from app.services.first_steps import PracticeOpener
from app.services.lookup import Filter
from app.settings import Settings
from app.sync.engine import SyncEngine
from app.sync.http import Connection
from app.ui.course.desk import CourseDesk
from app.ui.jobs import JobRunner
from app.ui.payment import PayDesk
from app.ui.print_room import PrintRoom
from app.ui.scanner_desk import ScannerDesk
from app.ui.sync_runner import SyncRunner
from app.ui.widgets.strip import Strip
from printing.raster import Raster


class Opened(Protocol):
    """What the window needs of an opened profile; `app.bootstrap` provides it."""

    @property
    def desk(self) -> Desk:
        """Store and catalogue."""

    @property
    def settings(self) -> Settings:
        """What the station was told once."""

    def connect(self) -> Connection:
        """Open a signed connection."""

    def engine(self, progress: Callable[[int, int], None] = ...) -> SyncEngine:
        """Return a sync engine; `progress` is told parts of a first fill."""

    def close(self) -> None:
        """Close the store."""


# ---- what a screen is turned to with -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OfDossier:
    """A dossier, and what to begin with it: a verb of the screen, "" for nothing."""

    id: UUID
    verb: str = ""


@dataclass(frozen=True, slots=True)
class OfDossiers:
    """Several dossiers, in their order, and what to begin with them."""

    ids: tuple[UUID, ...]
    verb: str = ""


@dataclass(frozen=True, slots=True)
class OfDraft:
    """A reception under way, and its procedure's code, "" for none yet."""

    id: UUID
    procedure: str


@dataclass(frozen=True, slots=True)
class OfPad:
    """A sheet of the pad that was written by hand and is to be entered."""

    number: str


@dataclass(frozen=True, slots=True)
class Sought:
    """Words to search for."""

    text: str


@dataclass(frozen=True, slots=True)
class OfFilter:
    """Dossiers that a filter lets pass, and what it is called."""

    wanted: Filter
    words: str


@dataclass(frozen=True, slots=True)
class WithCard:
    """The bearer of an ID card."""

    card: Card


Target = OfDossier | OfDossiers | OfDraft | OfPad | OfFilter | Sought | WithCard | None


class Ways(QObject):
    """The ways from a screen to what lies beyond it.

    Signals:
        asked: turn to another screen.
            name (str), target (Target)
        changed: something was done that is to be sent, and that counts may show.
        sounded: True for "taken", False for "look at the screen".
        paper: pages to be looked at; the third prints them, or is None.
            title (str), pages (list of Raster), print_it (callable or None)
        received: a dossier was received, or had back: what Ctrl+J opens.
            dossier (UUID)
        preferred: the clerk chose how the window is to be (Preferences).
        practice_asked: the window is to turn to practice (True), or back (False).
    """

    asked = Signal(str, object)
    changed = Signal()
    sounded = Signal(bool)
    paper = Signal(str, object, object)
    received = Signal(object)
    preferred = Signal(object)
    practice_asked = Signal(bool)

    def go(self, name: str, target: Target = None) -> None:
        """Turn to a screen by name; "" is the clerk's usual one."""
        self.asked.emit(name, target)

    def show_paper(
        self, title: str, pages: Sequence[Raster], print_it: Callable[[], None] | None = None
    ) -> None:
        """Show pages large; Enter prints them if `print_it` is given."""
        self.paper.emit(title, list(pages), print_it)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A signed-in clerk at a station: everything a screen is built from.

    Attributes:
        parent: the window, for dialogs.
        strip: the frame's notice, above every screen.
        choose_files: asks for files to take pages from.
        choose_file: asks for one file, given what kinds.
        choose_folder: asks for a folder, such as a stick.
        save_as: asks where to save, given a name and what kinds of files.
        opener: opens the practice profile; None where there is no practice, or this is it.
    """

    parent: QWidget
    opened: Opened
    engine: SyncEngine
    clerk: Clerk
    jobs: JobRunner
    strip: Strip
    print_room: PrintRoom
    scanners: ScannerDesk
    sync: SyncRunner
    pay_desk: PayDesk
    course: CourseDesk
    ways: Ways
    choose_files: Callable[[], list[Path]]
    choose_file: Callable[[str], Path | None]
    choose_folder: Callable[[], Path | None]
    save_as: Callable[[str, str], Path | None]
    opener: PracticeOpener | None = None

    @property
    def desk(self) -> Desk:
        """Store and catalogue."""
        return self.opened.desk


def _nothing() -> None:
    return None


def _no() -> bool:
    return False


def _nobody(_: str) -> Target:
    return None


def _not_mine(_: Scan) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A screen, built; the frame knows nothing else of it.

    Attributes:
        view: its widget.
        presenter: what works behind it.
        turned_to: it comes to the front: refresh, put the focus where typing begins.
        verbs: what its keys do, by verb of the key registry.
        escape: Esc was pressed; True if there was something to step back from.
        scanned: something was scanned while it is in front; True if it was for this screen.
        hand_on: what goes along when the clerk turns to another screen, by that one's name.
        news: others' events came in while it is in front.
        leave: the clerk goes: keep what was typed, clear what names a citizen.
        close: stop what runs; the window goes.
    """

    view: QWidget
    presenter: QObject
    turned_to: Callable[[Target], None]
    verbs: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    escape: Callable[[], bool] = _no
    scanned: Callable[[Scan], bool] = _not_mine
    hand_on: Callable[[str], Target] = _nobody
    news: Callable[[], object] = _nothing
    leave: Callable[[], object] = _nothing
    close: Callable[[], object] = _nothing
