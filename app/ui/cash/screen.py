"""The cash screen, joined."""

from __future__ import annotations

from app.domain.scans import Scan, ScanKind
from app.ui.cash.presenter import CashPresenter
from app.ui.cash.view import CashView
from app.ui.seat import Screen, Seat, Target


def make(seat: Seat) -> Screen:
    """Build the screen for whoever takes money."""
    view = CashView()
    presenter = CashPresenter(view, seat)

    def turned_to(_: Target) -> None:
        presenter.refresh()

    def scanned(scan: Scan) -> bool:
        """A receipt: its fee is taken."""
        is_mine = scan.kind in (ScanKind.DOSSIER, ScanKind.COVER, ScanKind.PAD)
        if is_mine:
            presenter.pay_code(scan.code)
        return is_mine

    view.open_button.clicked.connect(presenter.open_shift)
    view.pay_button.clicked.connect(presenter.pay)
    view.print_button.clicked.connect(presenter.print_shift)
    view.close_button.clicked.connect(presenter.close_shift)
    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={
            "open_shift": presenter.open_shift,
            "take_money": presenter.pay,
            "print_shift": presenter.print_shift,
            "close_shift": presenter.close_shift,
        },
        escape=presenter.step_back,
        scanned=scanned,
        news=presenter.refresh,
    )
