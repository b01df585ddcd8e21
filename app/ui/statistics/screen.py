"""The statistics screen, joined."""

from __future__ import annotations

from app.ui.seat import Screen, Seat, Target
from app.ui.statistics.presenter import StatisticsPresenter
from app.ui.statistics.view import StatisticsView


def make(seat: Seat) -> Screen:
    """Build the screen for a clerk."""
    view = StatisticsView()
    presenter = StatisticsPresenter(view, seat)

    def turned_to(_: Target) -> None:
        presenter.refresh()
        view.show_page(view.page)

    view.export_button.clicked.connect(presenter.export)
    view.print_button.clicked.connect(presenter.print_report)
    view.table_button.clicked.connect(view.turn_tables)
    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={
            "export_statistics": presenter.export,
            "print_statistics": presenter.print_report,
            "statistics_days": view.first_day.setFocus,
            "chart_table": view.turn_tables,
        },
    )
