"""A station without a server, for measuring."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from uuid import uuid4

import msgspec

from app.bootstrap import open_workstation
from app.domain import sealing
from app.domain.bodies import Person
from app.domain.fees import CopyLine
from app.domain.wire import NumberRange
from app.models import numbers
from app.models.base import CatalogueRow
from app.models.keys import make_keys, save_keys
from app.models.store import Station, Store, now_local
from app.paths import Profile
from app.services.desk import Clerk, Desk
from app.services.intake import Intake
from app.settings import Settings, write_settings
from app.sync.enrol import with_station

CLERK = Clerk(user="bich", display_name="Trần Thị Bích", roles=frozenset({"reception"}))
CATALOGUE = Path(__file__).parent.parent / "resources" / "catalogue"


def make_station(root: Path) -> Desk:
    """Make a profile with the bundled catalogue and a year of numbers."""
    os.environ["HOME"] = str(root.parent)
    profile, keys = Profile(root), make_keys()
    station = Station(
        id=uuid4(), name="Quầy 1", agency="H24.15", province_key=bytes(32),
        recovery_key=sealing.public_of_sealing(os.urandom(32)),
    )  # fmt: skip
    incarnation = uuid4()
    store = Store.create(profile, keys, station, None, incarnation)
    settings = Settings(profile_id=str(uuid4()), server="http://127.0.0.1:9")
    save_keys(settings.profile_id, keys)
    write_settings(profile.settings, with_station(settings, station))
    files = {p.name: p.read_text("utf-8") for p in CATALOGUE.glob("*.toml")}
    payload = msgspec.json.encode({"version": 1, "files": files}).decode()
    today = now_local().date()
    with store.database.writing() as session:
        session.add(CatalogueRow(version=1, payload=payload, signature="", stored_at=now_local()))
        numbers.keep(
            session, incarnation,
            [NumberRange(id="range", agency="H24.15", first=1, last=9999,
                         from_day=today.isoformat(),
                         to_day=(today + dt.timedelta(days=1)).isoformat())],
        )  # fmt: skip
    store.close()
    return open_workstation(root).desk


def entry(i: int) -> Intake:
    """Return a synthetic certified-copy dossier."""
    return Intake(
        procedure="2.000815",
        submitter=Person(
            name=f"Nguyễn Văn Số {i}", id_number=f"000090{i:06d}", phone="0912345678",
            address="Số 12, tổ 5, phường Minh Tâm, thành phố Hải Phòng",
        ),
        copies=(CopyLine(name="Bằng tốt nghiệp", pages=12, copies=2),),
    )  # fmt: skip
