"""The screen of piles, joined."""

from __future__ import annotations

from app.domain.scans import Scan, ScanKind
from app.ui.piles.presenter import PilesPresenter
from app.ui.piles.view import PilesView
from app.ui.seat import Screen, Seat, Target


def make(seat: Seat) -> Screen:
    """Build the screen for a clerk."""
    view = PilesView()
    presenter = PilesPresenter(view, seat)

    def turned_to(_: Target) -> None:
        presenter.open()
        view.pages.setFocus()

    def scanned(scan: Scan) -> bool:
        """A receipt's code sends the marked pages to its dossier."""
        is_mine = scan.kind in (ScanKind.DOSSIER, ScanKind.COVER) and bool(view.marked_pages)
        if is_mine:
            presenter.send_to(scan.code)
        return is_mine

    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={
            "scan_pile": presenter.scan,
            "pile_files": presenter.scan_files,
            "keep_pile": presenter.keep,
            "both_sides": view.both_sides.toggle,
            "undo_pile": presenter.undo,
            "discard_pile": presenter.ask_discard,
        },
        escape=presenter.stop,
        scanned=scanned,
        close=presenter.stop,
    )
