"""The settings screen, joined."""

from __future__ import annotations

from app.ui.seat import Screen, Seat, Target
from app.ui.settings.presenter import SettingsPresenter
from app.ui.settings.view import SettingsView


def make(seat: Seat) -> Screen:
    """Build the screen for a clerk."""
    view = SettingsView()
    presenter = SettingsPresenter(view, seat)

    def turned_to(_: Target) -> None:
        presenter.refresh()
        view.table.setFocus()

    def first_steps() -> None:
        seat.ways.go("first_steps")

    view.pin_button.clicked.connect(presenter.change_pin)
    view.practice_button.clicked.connect(presenter.turn_practice)
    view.steps_button.clicked.connect(first_steps)
    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={
            "change_pin": presenter.change_pin,
            "turn_practice": presenter.turn_practice,
            "first_steps": first_steps,
        },
    )
