"""The first steps, joined."""

from __future__ import annotations

from app.ui.first_steps.presenter import FirstStepsPresenter
from app.ui.first_steps.view import FirstStepsView
from app.ui.seat import Screen, Seat, Target


def make(seat: Seat) -> Screen:
    """Build the screen for a clerk."""
    view = FirstStepsView()
    presenter = FirstStepsPresenter(view, seat, seat.opener)

    def turned_to(_: Target) -> None:
        presenter.refresh()
        view.table.setFocus()

    def end() -> None:
        seat.ways.go("")

    view.scan_button.clicked.connect(presenter.scan_page)
    view.end_button.clicked.connect(end)
    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={"scan_back": presenter.scan_page, "end_steps": end},
        escape=presenter.cancel,
        scanned=presenter.scanned,
        close=presenter.cancel,
    )
