"""The catalogue screen, joined."""

from __future__ import annotations

from app.ui.catalogue.presenter import CataloguePresenter
from app.ui.catalogue.view import CatalogueView
from app.ui.seat import Screen, Seat, Target


def make(seat: Seat) -> Screen:
    """Build the screen for a clerk."""
    view = CatalogueView()
    presenter = CataloguePresenter(view, seat)

    def turned_to(_: Target) -> None:
        presenter.refresh()
        view.table.setFocus()

    view.sample_button.clicked.connect(presenter.sample)
    view.leaflet_button.clicked.connect(presenter.leaflet)
    view.export_button.clicked.connect(presenter.export)
    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={
            "sample_receipt": presenter.sample,
            "sample_leaflet": presenter.leaflet,
            "export_catalogue": presenter.export,
            "seek_catalogue": view.seek.setFocus,
        },
        escape=presenter.escape,
        news=presenter.refresh,
    )
