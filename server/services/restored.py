"""After the database was put back to an earlier moment: what was given out since stays given out.

Events come back from the stations. Numbers do not: a block leased after the
moment may stand on paper, and the restored server would lease it again.
"""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.codes import ONLINE_NUMBERS
from server.models.base import SERVER, AgencyRow, RangeRow
from server.models.database import lock_agency
from server.services import numbers


def keep_numbers(session: Session, since: dt.datetime, now: dt.datetime, incarnations: int) -> int:
    """Take out of use every number that may have been given out since a moment. Safe to repeat.

    Leases of the days from then until tomorrow are used up: stations draw from
    their standing ranges meanwhile. The next standing ranges of each agency,
    which incarnations begun since then may hold, are kept for 45 days.

    Args:
        session: writing.
        since: the moment the database was put back to.
        now: the present moment.
        incarnations: how many may have begun in one agency since then.

    Returns:
        How many agencies there are.
    """
    agencies = list(session.scalars(select(AgencyRow.agency).order_by(AgencyRow.agency)))
    first = numbers.local_day(since) - dt.timedelta(days=1)
    days = (numbers.local_day(now) - first).days + 2
    for agency in agencies:
        lock_agency(session, agency)
        for i in range(days):
            _use_up_leases(session, agency, first + dt.timedelta(days=i))
        if not session.get(RangeRow, (agency, _mark(since))):
            session.add(_row(agency, _mark(since), "kept", 0, 0, first, first))
            for _ in range(incarnations):
                numbers.plan(session, agency, uuid4(), now)
    return len(agencies)


def _use_up_leases(session: Session, agency: str, day: dt.date) -> None:
    last = session.scalar(
        select(func.max(RangeRow.last)).where(
            RangeRow.agency == agency, RangeRow.kind == "lease", RangeRow.from_day == day
        )
    )
    first = ONLINE_NUMBERS.start if last is None else last + 1
    if first < ONLINE_NUMBERS.stop:
        used_up = ONLINE_NUMBERS.stop - 1
        session.add(_row(agency, f"used-up-{day:%y%m%d}", "lease", first, used_up, day, day))
        session.flush()


def _mark(since: dt.datetime) -> str:
    return f"restored-{since:%Y%m%d%H%M%S}"


def _row(
    agency: str, id: str, kind: str, first: int, last: int, from_day: dt.date, to_day: dt.date
) -> RangeRow:
    return RangeRow(
        agency=agency, id=id, store=SERVER, kind=kind, first=first, last=last,
        from_day=from_day, to_day=to_day,
    )  # fmt: skip
