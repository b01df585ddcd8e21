"""The list of what still has to come out, joined."""

from __future__ import annotations

from app.ui.print_queue.presenter import PrintQueuePresenter
from app.ui.print_queue.view import PrintQueueView
from app.ui.seat import Screen, Seat, Target


def make(seat: Seat) -> Screen:
    """Build the screen for a clerk."""
    view = PrintQueueView()
    presenter = PrintQueuePresenter(view, seat)

    def turned_to(_: Target) -> None:
        presenter.refresh()
        view.table.setFocus()

    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={"close_day": presenter.close_day},
    )
