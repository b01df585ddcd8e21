"""The reception screen, joined."""

from __future__ import annotations

from app.ui.intake.presenter import IntakePresenter
from app.ui.intake.view import IntakeView
from app.ui.seat import OfDossier, OfDraft, Screen, Seat, Target, WithCard


def make(seat: Seat) -> Screen:
    """Build the screen for a clerk."""
    view = IntakeView(lambda text: presenter.search(text))
    presenter = IntakePresenter(view, seat)

    def new() -> None:
        presenter.begin()
        seat.strip.clear()
        seat.ways.go("intake")

    def turned_to(target: Target) -> None:
        if isinstance(target, WithCard):
            presenter.take_card(target.card)
            return
        presenter.show_pages()
        (view.result if view.shows_result else view.picker).setFocus()

    def open_scan() -> None:
        """Turn to the scan screen: of the reception, or of what was received."""
        if view.shows_result and presenter.last is not None:
            seat.ways.go("scan", OfDossier(presenter.last.dossier))
        else:
            procedure = view.procedure.code if view.procedure is not None else ""
            seat.ways.go("scan", OfDraft(presenter.draft, procedure))

    def scan_here() -> None:
        """Scan into the reception; into the dossier once that is received."""
        if view.shows_result and presenter.last is not None:
            open_scan()
        else:
            presenter.scan()

    view.next_asked.connect(new)
    presenter.offer_drafts()
    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={
            "new_intake": new,
            "scan": scan_here,
            "open_scan": open_scan,
            "scan_files": presenter.scan_files,
            "receive": presenter.submit,
            "tick_required": view.papers.tick_required,
            "block_1": lambda: view.go_to_block(1),
            "block_2": lambda: view.go_to_block(2),
            "block_3": lambda: view.go_to_block(3),
            "same_person": lambda: presenter.begin(keep_person=True),
            "same_procedure": lambda: presenter.begin(keep_procedure=True),
            "undo": presenter.undo,
        },
        escape=presenter.cancel_scan,
        leave=presenter.begin,
        close=presenter.cancel_scan,
    )
