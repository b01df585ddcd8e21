"""What the commands need of an opened profile; `app.bootstrap` provides it."""

from __future__ import annotations

from typing import Protocol

from app.paths import Profile
from app.services.desk import Desk
from app.settings import Settings
from app.sync.engine import SyncEngine
from app.sync.http import Connection
from printing.spool import Spool


class Opened(Protocol):
    """One profile, opened."""

    @property
    def profile(self) -> Profile:
        """The folder."""

    @property
    def settings(self) -> Settings:
        """What the station was told once."""

    @property
    def desk(self) -> Desk:
        """Store and catalogue."""

    def connect(self) -> Connection:
        """Open a signed connection."""

    def engine(self) -> SyncEngine:
        """Return the sync engine."""

    def spool(self) -> Spool:
        """Return the spool."""

    def close(self) -> None:
        """Close the store."""
