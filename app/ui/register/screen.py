"""The register screen, joined."""

from __future__ import annotations

from app.ui.register.presenter import RegisterPresenter
from app.ui.register.view import RegisterView
from app.ui.seat import Screen, Seat, Target


def make(seat: Seat) -> Screen:
    """Build the screen for a clerk."""
    view = RegisterView()
    presenter = RegisterPresenter(view, seat)

    def turned_to(_: Target) -> None:
        presenter.refresh()

    view.preview_button.clicked.connect(presenter.print_register)
    view.export_button.clicked.connect(presenter.export)
    view.close_button.clicked.connect(presenter.close_day)
    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={
            "print_register": presenter.print_register,
            "export_register": presenter.export,
            "close_register": presenter.close_day,
            "register_days": view.first_day.setFocus,
            "next_book": presenter.next_book,
        },
        news=presenter.refresh,
    )
