"""The processing screen, joined."""

from __future__ import annotations

from app.domain.scans import Scan, ScanKind
from app.ui.processing.presenter import ProcessingPresenter
from app.ui.processing.view import ProcessingView
from app.ui.seat import OfDossier, Screen, Seat, Sought, Target


def make(seat: Seat) -> Screen:
    """Build the screen for an officer or a leader."""
    view = ProcessingView()
    presenter = ProcessingPresenter(view, seat)

    def turned_to(target: Target) -> None:
        if isinstance(target, Sought):
            presenter.confirm_slip(target.text)
        elif isinstance(target, OfDossier):
            presenter.find(target.id)
        else:
            presenter.refresh()
        view.table.setFocus()

    def scanned(scan: Scan) -> bool:
        """A slip confirms what came; a receipt finds its row."""
        if scan.kind is ScanKind.SLIP:
            presenter.confirm_slip(scan.code)
        elif scan.kind in (ScanKind.DOSSIER, ScanKind.COVER):
            presenter.find_code(scan.code)
        else:
            return False
        return True

    def hand_on(name: str) -> Target:
        is_asked = name in ("dossiers", "returning", "scan")
        return OfDossier(presenter.current.id) if is_asked and presenter.current else None

    view.act_button.clicked.connect(presenter.main)
    view.more_button.clicked.connect(presenter.offer_acts)
    view.unit_button.clicked.connect(presenter.next_unit)
    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={
            "process_main": presenter.main,
            "process_more": presenter.offer_acts,
            "choose_unit": presenter.next_unit,
        },
        escape=presenter.step_back,
        scanned=scanned,
        hand_on=hand_on,
        news=presenter.refresh,
    )
