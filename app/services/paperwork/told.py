"""What the store tells of a dossier: its state, its acts, and the rules it was received under."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain.catalogue import Agency, Catalogue, Form, FormSet, Procedure
from app.domain.fold import Counted, Dossier, counted
from app.models import events, projection
from app.models.catalogue import load, load_version
from app.services.desk import VIETNAM, Desk
from app.services.lookup import NoSuchDossier
from app.services.paperwork.order import NothingToPrint


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A dossier, the acts that count, and the catalogue it was received under.

    Attributes:
        newest: the catalogue in force, for forms that the dossier's own set lacks.
        today: the present local day.
    """

    dossier: Dossier
    acts: tuple[Counted, ...]
    catalogue: Catalogue
    newest: Catalogue
    today: dt.date

    @property
    def received_at(self) -> dt.datetime:
        """When it was received, local."""
        return self.dossier.received_at.astimezone(VIETNAM)

    @property
    def agency(self) -> Agency:
        """Who received it."""
        return self.catalogue.agency(self.dossier.agency, self.received_at.date())

    @property
    def procedure(self) -> Procedure:
        """What is asked for, as in force when it was received."""
        return self.catalogue.procedure(self.dossier.procedure, self.received_at.date())

    def form(self, key: str) -> tuple[FormSet, Form]:
        """Return a form of the dossier's set; of the set in force if that one lacks it.

        The old set has no notice of stopping, and a dossier received under
        it may be stopped today.

        Raises:
            NothingToPrint: no set has it.
        """
        own = self.catalogue.form_set_named(self.dossier.forms)
        for forms in (own, self.newest.form_set(self.today)):
            for form in forms.forms:
                if form.key == key:
                    return forms, form
        raise no_such_form(key)

    def agency_name(self, code: str) -> str:
        """Return an agency's name, or its code if the catalogue does not name it."""
        try:
            return self.newest.agency(code, self.today).name
        except KeyError:
            return code


def form_on(catalogue: Catalogue, key: str, on: dt.date) -> tuple[FormSet, Form]:
    """Return a form of the set in force on a day.

    Raises:
        NothingToPrint: no set is in force, or it lacks the form.
    """
    try:
        forms = catalogue.form_set(on)
        return forms, forms.form(key)
    except KeyError as error:
        raise no_such_form(key) from error


def no_such_form(key: str) -> NothingToPrint:
    """Return what to say where the catalogue lacks a form."""
    return NothingToPrint(
        f"Danh mục trên máy không có mẫu {key} cho ngày này.",
        "Nối mạng và bấm F5 để nhận danh mục mới, rồi in lại.",
    )


def read(session: Session, desk: Desk, dossier: UUID) -> Told:
    """Return what is told of a dossier.

    Raises:
        NoSuchDossier: there is none.
    """
    folded = projection.load(session, dossier)
    if folded is None:
        raise NoSuchDossier("Không thấy hồ sơ này trên máy.")
    rows = events.of_dossier(session, dossier)
    return Told(
        dossier=folded,
        acts=counted(map(events.to_event, rows)),
        catalogue=load_version(session, folded.catalogue),
        newest=load(session),
        today=desk.now().date(),
    )
