"""The returning screen, joined."""

from __future__ import annotations

from app.domain.scans import Scan, ScanKind
from app.errors import AppError
from app.services import lookup
from app.ui.returning.presenter import ReturningPresenter
from app.ui.returning.view import ReturningView
from app.ui.seat import OfDossier, OfDossiers, Screen, Seat, Sought, Target, WithCard


def make(seat: Seat) -> Screen:
    """Build the screen for a clerk."""
    view = ReturningView()
    presenter = ReturningPresenter(view, seat)

    def turned_to(target: Target) -> None:
        if isinstance(target, OfDossier):
            presenter.add([target.id])
        elif isinstance(target, OfDossiers):
            presenter.begin()
            presenter.add(target.ids)
        elif isinstance(target, WithCard):
            presenter.take_card(target.card)
        elif isinstance(target, Sought):
            presenter.seek(target.text)
        else:
            (view.table if view.table.rowCount() else view.line).setFocus()

    def scanned(scan: Scan) -> bool:
        """A card is compared; a receipt goes on the list, with or without a result."""
        if scan.kind is ScanKind.CARD and scan.card is not None:
            presenter.take_card(scan.card)
            return True
        if scan.kind not in (ScanKind.DOSSIER, ScanKind.COVER, ScanKind.PAD):
            return False
        try:
            presenter.add([lookup.by_code(seat.desk, scan.code)])
        except AppError as problem:
            view.notice.say_problem(problem)
            seat.ways.sounded.emit(False)
        return True

    view.give_button.clicked.connect(presenter.give)
    view.pay_button.clicked.connect(presenter.pay)
    view.record_button.clicked.connect(presenter.record)
    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={
            "give": presenter.give,
            "pay_result": presenter.pay,
            "record_result": presenter.record,
            "seek_result": view.line.setFocus,
        },
        escape=presenter.step_back,
        scanned=scanned,
        leave=presenter.begin,
    )
