"""The sync screen, joined."""

from __future__ import annotations

from app.ui.seat import Screen, Seat, Target
from app.ui.sync_status.presenter import SyncPresenter
from app.ui.sync_status.view import SyncView


def make(seat: Seat) -> Screen:
    """Build the screen for a clerk."""
    view = SyncView()
    presenter = SyncPresenter(view, seat)

    def turned_to(_: Target) -> None:
        presenter.refresh()
        view.table.setFocus()

    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={"export_queue": presenter.export, "import_bundle": presenter.import_bundle},
        escape=presenter.step_back,
        news=presenter.refresh,
    )
