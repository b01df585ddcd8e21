"""What only the server can refuse: what clashes with other dossiers, or with reality."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import bodies
from app.domain.catalogue import Catalogue
from app.domain.codes import read_code
from app.domain.events import Event
from app.domain.fold import Dossier
from server.models.base import CodeRow, NumberRow, PageRow, StationRow
from server.models.database import insert_all
from server.services import catalogues

_CODE = re.compile(rb'"code"\s*:\s*"([^"\\]{1,80})"')
_VIETNAM = dt.timezone(dt.timedelta(hours=7))
_FIRST_MOMENT = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
_LAST_MOMENT = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)


class Claims:
    """Codes, numbers and pages that a batch claims; written by `save`.

    Args:
        session: writing, with the agency locked.
        station: that sent the batch.
        now: moment of storing.
    """

    def __init__(self, session: Session, station: StationRow, now: dt.datetime) -> None:
        self._session, self._station, self._now = session, station, now
        self._numbers: dict[tuple[dt.date, int], UUID] = {}
        self._asked: set[tuple[str, dt.date, int]] = set()
        self._codes: dict[str, UUID] = {}
        self._catalogues: dict[int, Catalogue | None] = {}
        self._rows: dict[type[Any], list[dict[str, Any]]] = {
            kind: [] for kind in (NumberRow, CodeRow, PageRow)
        }

    def load(self, events: Sequence[Event]) -> None:
        """Ask once which of the batch's new codes are taken already."""
        wanted: dict[dt.date, set[int]] = {}
        for event in events:
            found = _CODE.search(event.body) if event.kind == "dossier.received" else None
            parts = None if found is None else read_code(found[1].decode("utf-8", "replace"))
            if parts is not None and parts.agency == self._station.agency:
                wanted.setdefault(parts.day, set()).add(parts.number)
                self._asked.add((parts.agency, parts.day, parts.number))
        for day, numbers in wanted.items():
            rows = self._session.execute(
                select(NumberRow.number, NumberRow.dossier).where(
                    NumberRow.agency == self._station.agency,
                    NumberRow.day == day,
                    NumberRow.number.between(min(numbers), max(numbers)),
                )
            )
            for number, dossier in rows:
                self._numbers[day, number] = dossier

    def refusal(self, before: Dossier | None, after: Dossier, body: Any) -> str | None:
        """Return what clashes with other dossiers, or with reality."""
        moments = (after.received_at, after.due_at, *(s.due_at for s in after.stages))
        if not all(_FIRST_MOMENT < moment < _LAST_MOMENT for moment in moments):
            return "Ngày giờ trong hồ sơ không có thật."
        if isinstance(body, bodies.PageAttached) and self._is_page_known(body.page):
            return "Trang này đã gắn vào một hồ sơ rồi."
        if isinstance(body, bodies.Received):
            if body.practice:
                return "Hồ sơ tập sự không được gửi lên máy chủ."
            agency = self._station.agency
            if body.agency != agency:
                return f"Máy này thuộc cơ quan {agency}, không tiếp nhận cho {body.agency}."
            if self._catalogue(body.catalogue) is None:
                return f"Máy chủ không có danh mục bản {body.catalogue}."
            if not self._has_procedure(body):
                return f"Danh mục bản {body.catalogue} không có thủ tục {body.procedure}."
        if before is None or before.code != after.code:
            return self._claim_code(after)
        return None

    def _claim_code(self, dossier: Dossier) -> str | None:
        """Reserve a dossier's new code and number for it; return why that cannot be."""
        code, parts = dossier.code, read_code(dossier.code)
        owner: UUID | None
        if parts is None:
            if not dossier.provisional or not code.isprintable():
                return f"Mã hồ sơ {code} không đúng dạng."
            owner = self._codes.get(code) or self._session.scalar(
                select(CodeRow.dossier).where(
                    CodeRow.agency == dossier.agency, CodeRow.code == code
                )
            )
            self._codes.setdefault(code, owner or dossier.id)
            return None if owner in (None, dossier.id) else f"Mã {code} đã dùng cho hồ sơ khác."
        local_day = dossier.received_at.astimezone(_VIETNAM).date()
        if parts.agency != dossier.agency or not self._is_day_of(dossier, parts.day, local_day):
            return f"Mã hồ sơ {code} không khớp cơ quan hoặc ngày tiếp nhận."
        key = (parts.day, parts.number)
        owner = self._numbers.get(key)
        if owner is None and (dossier.agency, *key) not in self._asked:
            owner = self._session.scalar(
                select(NumberRow.dossier).where(
                    NumberRow.agency == dossier.agency,
                    NumberRow.day == parts.day,
                    NumberRow.number == parts.number,
                )
            )
        if owner not in (None, dossier.id):
            return f"Số hồ sơ {code} đã dùng cho hồ sơ khác."
        if owner is None:
            self._numbers[key] = dossier.id
            self._rows[NumberRow].append(
                {"agency": dossier.agency, "day": parts.day, "number": parts.number,
                 "dossier": dossier.id}
            )  # fmt: skip
        return None

    def _is_day_of(self, dossier: Dossier, day: dt.date, received_on: dt.date) -> bool:
        """A code names the day of reception; one that replaces a provisional code may be later."""
        today = self._now.astimezone(_VIETNAM).date()
        return day == received_on or (bool(dossier.former_codes) and received_on < day <= today)

    def _is_page_known(self, page: UUID) -> bool:
        known = self._session.get(PageRow, (self._station.agency, page)) is not None
        return known or any(row["page"] == page for row in self._rows[PageRow])

    def _catalogue(self, version: int) -> Catalogue | None:
        if version not in self._catalogues:
            self._catalogues[version] = catalogues.version(self._session, version)
        return self._catalogues[version]

    def _has_procedure(self, body: bodies.Received) -> bool:
        """Tell whether the procedure was in force in the version it was received under."""
        catalogue = self._catalogue(body.catalogue)
        try:
            return catalogue is not None and bool(
                catalogue.procedure(body.procedure, body.received_at.astimezone(_VIETNAM).date())
            )
        except KeyError:
            return False

    def note(self, before: Dossier | None, after: Dossier, body: Any) -> None:
        """Keep what an accepted event claims."""
        self._note_codes(before, after)
        if isinstance(body, bodies.PageAttached):
            self._note_page(after.id, body)

    def _note_codes(self, before: Dossier | None, after: Dossier) -> None:
        if before is None or after.code not in (before.code, *before.former_codes):
            self._rows[CodeRow].append(
                {"agency": after.agency, "code": after.code, "dossier": after.id}
            )

    def _note_page(self, dossier: UUID, body: bodies.PageAttached) -> None:
        self._rows[PageRow].append(
            {
                "agency": self._station.agency,
                "page": body.page,
                "dossier": dossier,
                "station": self._station.id,
                "sha256": body.sha256,
                "size": body.size,
                "mime": body.mime,
                "stored_at": self._stored_at(body.sha256),
            }
        )

    def _stored_at(self, sha256: str) -> dt.datetime | None:
        """The same image of the same agency need not come twice."""
        return self._session.scalar(
            select(PageRow.stored_at)
            .where(
                PageRow.agency == self._station.agency,
                PageRow.sha256 == sha256,
                PageRow.stored_at.is_not(None),
            )
            .limit(1)
        )

    def save(self) -> None:
        """Write everything; may be called again."""
        for kind, rows in self._rows.items():
            insert_all(self._session, kind, rows)
            rows.clear()
