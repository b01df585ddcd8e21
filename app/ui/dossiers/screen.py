"""The dossiers screen, joined."""

from __future__ import annotations

from app.ui.dossiers.model import DossierModel
from app.ui.dossiers.presenter import DossiersPresenter, names_of
from app.ui.dossiers.view import DossiersView
from app.ui.seat import OfDossier, Screen, Seat, Sought, Target


def make(seat: Seat) -> Screen:
    """Build the screen for a clerk."""
    model = DossierModel(names_of(seat.desk))
    view = DossiersView(model)
    presenter = DossiersPresenter(view, model, seat)

    def turned_to(target: Target) -> None:
        if isinstance(target, Sought):
            presenter.seek(target.text)
        elif isinstance(target, OfDossier):
            presenter.seek_dossier(target.id)
        else:
            presenter.refresh()
            view.table.setFocus()

    def scan_more() -> None:
        line = model.line(view.current_row)
        if line is not None:
            seat.ways.go("scan", OfDossier(line.id))

    def escape() -> bool:
        was_open = view.quick.isVisible()
        view.hide_quick()
        return was_open

    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={
            "filter": view.line.setFocus,
            "reprint": view.reprint_asked.emit,
            "preview": view.preview_asked.emit,
            "other_papers": view.papers_asked.emit,
            "scan_more": scan_more,
        },
        escape=escape,
        news=presenter.refresh,
    )
