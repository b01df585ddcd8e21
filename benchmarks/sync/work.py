"""The work that every contender is given: receptions of about 2 KB, as unpackable as real ones."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain import bodies, codes
from app.domain.events import KINDS, Event, write_body
from app.domain.papers import GivenPaper
from app.models import events, projection
from app.models.store import VIETNAM, Store
from benchmarks import search

AGENCY = "H24.15"
_A_DAY = 5000  # receptions under one day's numbers
_BATCH = 1000
_WORDS = (
    "đề nghị cơ quan có thẩm quyền xem xét giải quyết theo quy định người dân đã nộp đủ giấy tờ bản"
    " chính đối chiếu xong còn thiếu một bản sao sẽ bổ sung trước ngày hẹn trả kết quả cán bộ đã"
    " hướng dẫn kê khai lại mục họ tên địa chỉ nơi cư trú quan hệ với chủ hộ năm sinh sống ổn định"
    " không tranh chấp giấy chứng sinh do bệnh viện cấp cha mẹ đăng ký kết hôn tại phường"
)
_PLACES = ["Minh Tâm", "Tân Lập", "Nậm Nhùn", "Hòa Bình", "Phú Xuân", "An Thạnh", "Vĩnh Hưng"]
_PROVINCES = ["tỉnh Cao Bằng", "tỉnh Lào Cai", "thành phố Hải Phòng", "thành phố Cần Thơ"]


@dataclass(frozen=True, slots=True)
class Reception:
    """One reception: its dossier, and what the event says."""

    dossier: UUID
    body: bodies.Received


def receptions(count: int, seed: int = 0) -> Iterator[Reception]:
    """Yield the same receptions for the same seed on the same day."""
    chance = random.Random(seed)
    now = dt.datetime.now(VIETNAM).replace(microsecond=0)
    for i in range(count):
        # numbers from above and days back: they meet no number that a station draws
        day = now - dt.timedelta(days=i // _A_DAY)
        yield _reception(chance, day, 1 + i % _A_DAY)


def _reception(chance: random.Random, at: dt.datetime, number: int) -> Reception:
    code = f"{AGENCY}-{at:%y%m%d}-{number:04d}"
    submitter, mother, father = (_person(chance) for _ in range(3))
    born = at.date() - dt.timedelta(days=chance.randrange(1, 60))
    body = bodies.Received(
        code=code,
        check=codes.check_character(code),
        lookup=codes.lookup_code(chance.randbytes(codes.LOOKUP_BYTES)),
        agency=AGENCY,
        procedure="1.001193",
        catalogue=1,
        forms="tt03-2025",
        received_at=at,
        due_at=at + dt.timedelta(hours=6),
        counted_from=at.date(),
        submitter=submitter,
        number=number,
        drawn_from="range",
        applicant=mother,
        relation="for",
        summary=" ".join(chance.choices(_WORDS.split(), k=86)).capitalize() + ".",
        fields={
            "child_name": search.name(chance),
            "child_born": born.isoformat(),
            "child_sex": chance.choice(["Nam", "Nữ"]),
            "child_ethnic": chance.choice(["Kinh", "Tày", "Thái", "Mường", "Nùng", "H'Mông"]),
            "birth_place": f"Bệnh viện đa khoa {chance.choice(_PLACES)}, "
            + chance.choice(_PROVINCES),
            "mother_name": mother.name,
            "mother_id": mother.id_number,
            "father_name": father.name,
            "father_id": father.id_number,
            "birth_cert_number": f"{chance.randrange(10**6):06d}/CS-{chance.randrange(100):02d}",
        },
        papers=(
            GivenPaper(key="to-khai", original=1),
            GivenPaper(key="giay-chung-sinh", original=1),
            GivenPaper(key="van-ban-uy-quyen", original=chance.randrange(2)),
        ),
        fee=bodies.ChargedFee(how="miễn lệ phí: đăng ký khai sinh đúng hạn (trong 60 ngày)"),
    )
    return Reception(UUID(int=chance.getrandbits(128), version=4), body)


def _person(chance: random.Random) -> bodies.Person:
    return bodies.Person(
        name=search.name(chance),
        id_number=f"000{chance.randrange(10**9):09d}",
        born=f"{chance.randrange(1950, 2005)}-{chance.randrange(1, 13):02d}-"
        f"{chance.randrange(1, 29):02d}",
        sex=chance.choice(["Nam", "Nữ"]),
        phone=f"0{chance.choice('35789')}{chance.randrange(10**8):08d}",
        address=f"Số {chance.randrange(1, 400)}, tổ {chance.randrange(1, 20)}, phường "
        f"{chance.choice(_PLACES)}, {chance.choice(_PROVINCES)}",
        source="qr",
    )


def write_records(path: Path, count: int, seed: int = 0) -> float:
    """Write the receptions as JSON lines with their dossier's id; return bytes a record."""
    size = 0
    with path.open("wb") as file:
        for reception in receptions(count, seed):
            fields = json.loads(write_body(reception.body))
            record = {"id": str(reception.dossier), **fields}
            line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
            size += len(line)
            file.write(line + b"\n")
    return size / count


def fill(store: Store, count: int, seed: int = 0) -> None:
    """Put the receptions into a real store, as acts of this station would; many a transaction."""
    given = receptions(count, seed)
    while batch := list(itertools.islice(given, _BATCH)):
        with store.database.writing() as session:
            for event in _chained(session, batch):
                events.add_row(session, event)
            projection.refold(session, [reception.dossier for reception in batch])
    store.write_journal()


def _chained(session: Session, batch: list[Reception]) -> Iterator[Event]:
    incarnation = events.incarnation(session)
    n, head = events.last_of(session, incarnation)
    for reception in batch:
        n += 1
        event = Event(
            store=incarnation, n=n, prev=head, dossier=reception.dossier, base=0,
            kind="dossier.received", v=KINDS["dossier.received"].v,
            at=reception.body.received_at.isoformat(), actor="bich",
            body=write_body(reception.body),
        )  # fmt: skip
        head = event.hash
        yield event
