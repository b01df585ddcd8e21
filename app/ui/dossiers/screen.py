"""The dossiers screen, joined."""

from __future__ import annotations

from app.ui.dossiers.model import DossierModel
from app.ui.dossiers.presenter import DossiersPresenter, names_of
from app.ui.dossiers.view import DossiersView
from app.ui.seat import OfDossier, OfFilter, Screen, Seat, Sought, Target

_VERBS = {"supplement": "supplement_came"}
"""What another screen asks for, and the act it stands for."""


def make(seat: Seat) -> Screen:
    """Build the screen for a clerk."""
    model = DossierModel(names_of(seat.desk))
    view = DossiersView(model)
    presenter = DossiersPresenter(view, model, seat)

    def turned_to(target: Target) -> None:
        if isinstance(target, Sought):
            presenter.seek(target.text)
        elif isinstance(target, OfDossier):
            presenter.seek_dossier(target.id, _VERBS.get(target.verb, target.verb))
        elif isinstance(target, OfFilter):
            presenter.narrow(target.wanted, target.words)
        else:
            presenter.refresh()
            view.turn(to_sheet=False)

    def hand_on(name: str) -> Target:
        """The chosen dossier goes along, to be handed out or scanned into."""
        if name in ("returning", "scan") and presenter.chosen is not None:
            return OfDossier(presenter.chosen)
        return None

    def scan_more() -> None:
        if presenter.chosen is not None:
            seat.ways.go("scan", OfDossier(presenter.chosen))

    for verb, act in (("pay_dossier", presenter.pay), ("correct", presenter.correct),
                      ("export_list", presenter.export)):  # fmt: skip
        view.buttons[verb].clicked.connect(act)
    for verb, asked in (
        ("more_acts", view.acts_asked), ("other_papers", view.papers_asked),
        ("preview", view.preview_asked), ("reprint", view.reprint_asked),
    ):  # fmt: skip
        view.buttons[verb].clicked.connect(asked)
    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={
            "filter": view.line.setFocus,
            "reprint": view.reprint_asked.emit,
            "preview": view.preview_asked.emit,
            "other_papers": view.papers_asked.emit,
            "more_acts": view.acts_asked.emit,
            "pay_dossier": presenter.pay,
            "correct": presenter.correct,
            "retype": presenter.retype,
            "export_list": presenter.export,
            "scan_more": scan_more,
        },
        escape=presenter.back,
        hand_on=hand_on,
        news=presenter.reload,
        leave=presenter.forget,
    )
