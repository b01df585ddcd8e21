"""Fill an empty station with its agency's stream, in large parts that can be resumed."""

from __future__ import annotations

from collections.abc import Callable

from app.domain import wire
from app.models.store import Store
from app.sync import pull
from app.sync.http import Connection, Download, unpacked


class Filling:
    """The first fill; a part that broke off goes on where it was while the program runs.

    Args:
        store: of this station.
        progress: told after each part how many are taken, of how many.
    """

    def __init__(self, store: Store, progress: Callable[[int, int], None]) -> None:
        self._store = store
        self._progress = progress
        self._begun: Download | None = None

    def run(self, connection: Connection, ahead: int) -> int:
        """Take all whole parts that are still to come; return how many events were new.

        Args:
            connection: to the server.
            ahead: how much longer the server's stream is than ours; a short
                way is left to the ordinary pull.

        Raises:
            ServerUnreachable, ServerRefused: what was taken is kept.
        """
        if ahead <= _NOT_WORTH:
            return 0
        reply = connection.get("/v1/snapshot")
        offer = connection.decoded(reply, wire.Snapshot)
        fresh = 0
        while True:
            with self._store.database.reading() as session:
                after = pull.cursor(session, self._store.station.agency)
            number, beyond = divmod(after, offer.part)
            if beyond or number >= offer.parts:
                return fresh  # the ordinary pull goes on from here
            head, entries = pull.read(unpacked(self._part(connection, number)))
            fresh += pull.keep_page(self._store, head, entries)
            self._begun = None
            self._progress(number + 1, offer.parts)

    def _part(self, connection: Connection, number: int) -> bytes:
        target = f"/v1/snapshot/{number}"
        if self._begun is None or self._begun.target != target:
            self._begun = Download(target)
        return connection.download(self._begun)


_NOT_WORTH = 1_000
