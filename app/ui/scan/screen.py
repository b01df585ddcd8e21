"""The scan screen, joined."""

from __future__ import annotations

from app.ui.scan.model import PagesModel
from app.ui.scan.presenter import ScanPresenter
from app.ui.scan.view import ScanView
from app.ui.seat import OfDossier, OfDraft, Screen, Seat, Target


def make(seat: Seat) -> Screen:
    """Build the screen for a clerk."""
    model = PagesModel()
    view = ScanView(model)
    presenter = ScanPresenter(view, model, seat)

    def turned_to(target: Target) -> None:
        if isinstance(target, OfDossier):
            presenter.open_dossier(target.id)
        elif isinstance(target, OfDraft):
            presenter.open_draft(target.id, target.procedure)
        elif presenter.place is None:
            presenter.show_later()
        else:
            presenter.refresh()
        view.focus_here()

    taker = presenter.taker
    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={
            "scan_on": taker.scan,
            "scan_again": taker.scan_again,
            "scan_between": taker.scan_between,
            "scan_from_files": taker.scan_files,
            "keep_pages": presenter.keep,
            "undo_page": presenter.acts.undo,
            "show_later": presenter.show_later,
        },
        escape=taker.cancel_scan,
        close=taker.cancel_scan,
    )
