"""The hand-over screen, joined."""

from __future__ import annotations

from app.domain.scans import Scan, ScanKind
from app.ui.hand_over.presenter import HandOverPresenter
from app.ui.hand_over.view import HandOverView
from app.ui.seat import Screen, Seat, Sought, Target


def make(seat: Seat) -> Screen:
    """Build the screen for a clerk."""
    view = HandOverView()
    presenter = HandOverPresenter(view, seat)

    def turned_to(target: Target) -> None:
        presenter.begin()
        if isinstance(target, Sought):
            presenter.show_slip(target.text)
        view.line.setFocus()

    def scanned(scan: Scan) -> bool:
        """A dossier goes on the list; a slip is shown."""
        if scan.kind in (ScanKind.DOSSIER, ScanKind.COVER, ScanKind.PAD):
            presenter.add(scan.code)
        elif scan.kind is ScanKind.SLIP:
            presenter.show_slip(scan.code)
        else:
            return False
        return True

    view.give_button.clicked.connect(presenter.hand_over)
    view.load_button.clicked.connect(presenter.load_waiting)
    view.print_button.clicked.connect(presenter.print_slip)
    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={
            "hand_over": presenter.hand_over,
            "load_waiting": presenter.load_waiting,
            "print_slip": presenter.print_slip,
        },
        scanned=scanned,
    )
