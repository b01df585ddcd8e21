"""What a clerk sits at: the store, the catalogue in force, and who is signed in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from app.domain.catalogue import Agency, Catalogue
from app.models.catalogue import NoCatalogue, load
from app.models.store import VIETNAM, Store

__all__ = ["VIETNAM", "Clerk", "Desk", "NoCatalogue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clerk:
    """Who acts; events name `user`, paper shows `display_name`."""

    user: str
    display_name: str
    roles: frozenset[str]

    @property
    def may_receive(self) -> bool:
        """True for reception clerks and supervisors."""
        return bool(self.roles & {"reception", "supervisor"})

    @property
    def is_supervisor(self) -> bool:
        """True if rules may be overridden with a reason."""
        return "supervisor" in self.roles


class Desk:
    """The store with the catalogue in force.

    Args:
        store: opened, of this station.
        clock: answers the present aware moment.
        practice: dossiers of a practice profile never leave and say so on paper.
    """

    def __init__(
        self, store: Store, *, clock: Callable[[], dt.datetime], practice: bool = False
    ) -> None:
        self.store = store
        self.clock = clock
        self.practice = practice
        self._catalogue: Catalogue | None = None

    def catalogue(self) -> Catalogue:
        """Return the newest good catalogue; kept until `reload_catalogue`.

        Raises:
            NoCatalogue: none has arrived yet.
        """
        if self._catalogue is None:
            self.reload_catalogue()
        assert self._catalogue is not None
        return self._catalogue

    def reload_catalogue(self) -> None:
        """Take the newest version now; costs tens of milliseconds, not for the GUI thread.

        Raises:
            NoCatalogue: none has arrived yet.
        """
        with self.store.database.reading() as session:
            self._catalogue = load(session)

    def now(self) -> dt.datetime:
        """Return the present moment, local."""
        return self.clock().astimezone(VIETNAM).replace(microsecond=0)

    def agency(self) -> Agency:
        """Return this station's agency as the catalogue has it.

        Raises:
            NoCatalogue: the catalogue does not name it.
        """
        try:
            return self.catalogue().agency(self.store.station.agency, self.now().date())
        except KeyError as error:
            raise NoCatalogue(
                f"Danh mục chưa có cơ quan {self.store.station.agency}.",
                "Nhờ quản trị bổ sung cơ quan vào danh mục, rồi gửi/nhận (F5).",
            ) from error
