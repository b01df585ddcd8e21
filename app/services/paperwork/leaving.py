"""Paper that names people and leaves the program is an event, even if no dossier tells of it."""

from __future__ import annotations

from app.domain.bodies import Exported
from app.models import events, projection
from app.services.desk import Clerk, Desk
from app.services.print_jobs import Printout

_NAMELESS = ("leaflet", "pad", "keys")  # no citizen is named on them


def note_left(desk: Desk, clerk: Clerk, printout: Printout, target: str) -> None:
    """Record that a list of people left the program; of one dossier its print job tells.

    Args:
        target: printer, or name of the file.
    """
    if printout.dossier is not None or printout.form in _NAMELESS:
        return
    body = Exported(what=f"form {printout.form}", target=target[:200])
    with desk.store.acting() as session:
        projection.record(session, events.Act("data.exported", body, clerk.user, desk.now()))
