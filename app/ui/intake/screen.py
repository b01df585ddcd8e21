"""The reception screen, joined."""

from __future__ import annotations

from app.domain.scans import Scan, ScanKind
from app.ui.intake.presenter import IntakePresenter
from app.ui.intake.view import IntakeView
from app.ui.seat import OfDossier, OfDraft, OfPad, Screen, Seat, Target, WithCard


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
        elif isinstance(target, OfPad):
            presenter.begin_late(target.number)
        else:
            presenter.pages.show()
            (view.result if view.shows_result else view.picker).setFocus()

    def open_scan() -> None:
        """Turn to the scan screen: of the reception, or of what was received."""
        if presenter.last is not None:
            seat.ways.go("scan", OfDossier(presenter.last.dossier))
        else:
            procedure = view.procedure.code if view.procedure is not None else ""
            seat.ways.go("scan", OfDraft(presenter.draft, procedure))

    def scan_here() -> None:
        """Scan into the reception; into the dossier once that is received."""
        if presenter.last is not None:
            open_scan()
        else:
            presenter.pages.scan()

    def scanned(scan: Scan) -> bool:
        """A sheet of the pad fills its number in while a late entry is typed."""
        is_mine = scan.kind is ScanKind.PAD and view.late.isVisible()
        if is_mine:
            view.late.pad.setText(scan.code)
            view.go_to(view.late.time)
        return is_mine

    def hand_on(name: str) -> Target:
        is_asked = name in ("returning", "dossiers", "scan")
        return OfDossier(presenter.last.dossier) if is_asked and presenter.last else None

    def escape() -> bool:
        return presenter.pages.cancel() or view.notice.give_up()

    view.next_asked.connect(new)
    view.pay_button.clicked.connect(presenter.pay)
    view.more_button.clicked.connect(presenter.submit_more)
    presenter.start()
    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={
            "new_intake": new,
            "scan": scan_here,
            "open_scan": open_scan,
            "scan_files": presenter.pages.scan_files,
            "receive": presenter.submit,
            "receive_more": presenter.submit_more,
            "pay": presenter.pay,
            "late": presenter.begin_late,
            "choose_draft": presenter.choose_draft,
            "tick_required": view.papers.tick_required,
            "block_1": lambda: view.go_to_block(1),
            "block_2": lambda: view.go_to_block(2),
            "block_3": lambda: view.go_to_block(3),
            "block_4": lambda: view.go_to_block(4),
            "same_person": lambda: presenter.begin(keep_person=True),
            "same_procedure": lambda: presenter.begin(keep_procedure=True),
            "undo": presenter.undo,
        },
        escape=escape,
        scanned=scanned,
        hand_on=hand_on,
        leave=presenter.begin,
        close=presenter.pages.cancel,
    )
