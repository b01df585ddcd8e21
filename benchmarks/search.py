"""Search and lists among many dossiers, over the bare index query."""

from __future__ import annotations

import datetime as dt
import random
import statistics
import uuid
from pathlib import Path

import msgspec
from sqlalchemy import insert, text

from app.domain.bodies import ChargedFee, Person
from app.domain.fold import Dossier
from app.models import projection
from app.models.base import CodeRow, DossierRow, SnapshotRow
from app.models.store import VIETNAM
from app.services import lookup
from benchmarks.result import Result, p95, timed
from benchmarks.station import make_station

FAMILY = ["Nguyễn"] * 38 + ["Trần"] * 12 + ["Lê"] * 10 + ["Phạm"] * 7 + ["Hoàng", "Phan", "Vũ",
          "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý"]  # fmt: skip
MIDDLE = ["Văn", "Thị", "Hữu", "Đức", "Minh", "Ngọc", "Thanh", "Xuân", "Quang", "Hồng"]
GIVEN = ["An", "Anh", "Bình", "Châu", "Cường", "Dung", "Dũng", "Giang", "Hà", "Hải", "Hạnh", "Hoa",
         "Hùng", "Hương", "Khánh", "Lan", "Linh", "Long", "Mai", "Nam", "Nhung", "Phúc", "Quân",
         "Sơn", "Tâm", "Thảo", "Trang", "Tuấn", "Vinh", "Yến"]  # fmt: skip
_BATCH = 5000


def run(folder: Path, count: int, runs: int) -> list[Result]:
    """Build a store of `count` dossiers and measure it."""
    desk = make_station(folder / "profile")
    random_ = random.Random(7)
    fill(desk, count, random_)
    lookup.newest(desk)  # warm
    asked = [name(random_) for _ in range(runs)]
    ours, bare, pages = [], [], []
    for words in asked:
        folded = " ".join(projection.folded_words(words))
        ours.append(timed(lambda w=folded: lookup.find(desk, w)))
        bare.append(timed(lambda w=folded: bare_query(desk, w)))
        start = random_.randrange(60, count)
        pages.append(timed(lambda s=start: lookup.newest(desk, before=s)))
    desk.store.close()
    limit = "the bare FTS5 query of the same words, same file, same run"
    middle = statistics.median(bare)
    return [
        Result(f"bare index query, {count:,} dossiers", middle, "ms", "the limit itself", 1.0,
               runs),
        Result(f"search by name, every word a beginning, {count:,}", statistics.median(ours), "ms",
               limit, statistics.median(ours) / middle, runs),
        Result(f"search by name, p95, {count:,}", p95(ours), "ms", "to reach: 20 ms at 1,000,000",
               p95(ours) / 20, runs),
        Result(f"list page at a random depth, p95, {count:,}", p95(pages), "ms",
               "to reach: 5 ms at 1,000,000", p95(pages) / 5, runs),
    ]  # fmt: skip


def name(random_: random.Random) -> str:
    return f"{random_.choice(FAMILY)} {random_.choice(MIDDLE)} {random_.choice(GIVEN)}"


def bare_query(desk, folded: str) -> None:
    match = " ".join(f'"{word}"*' for word in folded.split())
    with desk.store.database.reading() as session:
        session.execute(
            text("SELECT rowid FROM dossier_search WHERE dossier_search MATCH :m"
                 " ORDER BY rowid DESC LIMIT 50"), {"m": match},
        ).all()  # fmt: skip


def fill(desk, count: int, random_: random.Random) -> None:
    """Write dossiers as the projection would, in large transactions."""
    now = dt.datetime(2026, 11, 20, 9, 0, tzinfo=VIETNAM)
    for first in range(0, count, _BATCH):
        dossiers = [make(i, now, random_) for i in range(first, min(count, first + _BATCH))]
        with desk.store.database.writing() as session:
            session.execute(insert(DossierRow), [as_row(i + first + 1, d)
                                                 for i, d in enumerate(dossiers)])  # fmt: skip
            session.execute(insert(SnapshotRow), [
                {"row": i + first + 1, "content": msgspec.json.encode(d)}
                for i, d in enumerate(dossiers)
            ])  # fmt: skip
            session.execute(insert(CodeRow), [{"code": d.code, "dossier": d.id} for d in dossiers])
            session.execute(
                text("INSERT INTO dossier_search(rowid, words) VALUES (:row, :words)"),
                [{"row": i + first + 1, "words": projection.search_words(d)}
                 for i, d in enumerate(dossiers)],
            )  # fmt: skip
            words = {w for d in dossiers for w in projection.search_words(d).split()}
            projection.note_words(session, " ".join(words))


def make(i: int, now: dt.datetime, random_: random.Random) -> Dossier:
    at = now - dt.timedelta(minutes=i)
    number = f"000{random_.randrange(10**9):09d}"
    person = Person(name=name(random_), id_number=number, phone=f"09{random_.randrange(10**8):08d}")
    return Dossier(
        id=uuid.UUID(int=random_.getrandbits(128)), code=f"H24.15-{at:%y%m%d}-{i:06d}", check="0",
        lookup="ABCDEFGH", agency="H24.15", procedure="1.001193", catalogue=1, forms="tt03-2025",
        received_at=at, due_at=at, counted_from=at.date(), submitter=person, applicant=None,
        relation="self", summary="", fields={"child_name": name(random_)}, papers=(), owed=(),
        copies=(), fee=ChargedFee(), sets=1, channel=1, return_via=0, stages=(),
        provisional=False, practice=False, offline=False, due_is_certain=True,
    )  # fmt: skip


def as_row(row: int, dossier: Dossier) -> dict[str, object]:
    return {
        "row": row, "id": dossier.id, "code": dossier.code, "agency": dossier.agency,
        "procedure": dossier.procedure, "submitter": dossier.submitter.name,
        "owner": dossier.owner.name, "id_number": dossier.submitter.id_number,
        "phone": dossier.submitter.phone, "day": dossier.received_at.date(),
        "received_at": dossier.received_at, "due_at": dossier.due_at, "state": 2,
        "is_open": True, "voided": False, "payment": "free", "provisional": False,
        "receipt_version": 1, "page_count": 0, "last_n": 0, "needs_look": False,
    }  # fmt: skip
