"""Practice: a store of its own beside the real one, whose dossiers never leave and say so."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import select

from app.domain.bodies import Person
from app.domain.fees import CopyLine
from app.domain.wire import NumberRange
from app.models import events, numbers
from app.models.base import CatalogueRow, ClerkRow
from app.models.blobs import make_folder, sync_folder
from app.models.keys import load_keys, make_keys, save_keys
from app.models.restore import set_aside
from app.models.store import Station, Store
from app.paths import Profile
from app.services import intake
from app.services.desk import Clerk, Desk
from app.services.intake import Intake, Reception
from app.settings import Settings, read_settings, write_settings

FOLDER = "tap-su"
_DAYS = 366
_FIRST, _LAST = 1, 4999
_NAME = " (tập sự)"
_CITIZEN = Person(name="Nguyễn Văn Tập Sự", id_number="000090000000", phone="0900000000")


def folder_of(desk: Desk) -> Path:
    """Return where a station's practice lies: inside its own profile."""
    return desk.store.profile.root / FOLDER


def prepare(desk: Desk) -> Path:
    """Make the practice profile, or bring what it knows up to date; return its folder.

    It has keys, numbers and a store of its own, the catalogue and the clerks of the real
    station, no server, and nothing that is received there goes anywhere.

    Raises:
        StoreProblem: it could not be made; the real store is not touched.
    """
    profile = Profile(folder_of(desk))
    if not profile.settings.exists():
        _make(desk, profile)
    settings = read_settings(profile.settings)
    station = _station(desk, settings)
    store = Store.open(profile, load_keys(settings.profile_id), station, None)
    try:
        _bring(desk, store)
    finally:
        store.close()
    return profile.root


def _make(desk: Desk, profile: Profile) -> None:
    """Make keys, store and, last, the settings; what was cut off is begun anew."""
    real = desk.store.station
    make_folder(profile.root)
    if profile.store.exists():
        set_aside(profile, desk.now())
    keys, profile_id = make_keys(), str(uuid4())
    save_keys(profile_id, keys)
    settings = Settings(
        profile_id=profile_id,
        practice=True,
        station_id=str(uuid4()),
        station_name=real.name + _NAME,
        agency=real.agency,
        province_key=real.province_key.hex(),
        recovery_key=real.recovery_key.hex(),
    )
    Store.create(profile, keys, _station(desk, settings), None, uuid4()).close()
    write_settings(profile.settings, settings)
    sync_folder(profile.root)


def _station(desk: Desk, settings: Settings) -> Station:
    return replace(desk.store.station, id=UUID(settings.station_id), name=settings.station_name)


def _bring(desk: Desk, store: Store) -> None:
    """Bring catalogue, clerks and numbers from the real station."""
    with desk.store.database.reading() as session:
        catalogues = [
            {c.key: getattr(row, c.key) for c in CatalogueRow.__table__.columns}
            for row in session.scalars(select(CatalogueRow))
        ]
        clerks = [
            {c.key: getattr(row, c.key) for c in ClerkRow.__table__.columns}
            for row in session.scalars(select(ClerkRow))
        ]
    today = desk.now().date()
    granted = NumberRange(
        id=f"practice-{today:%Y}",
        agency=store.station.agency,
        first=_FIRST,
        last=_LAST,
        from_day=f"{today.year}-01-01",
        to_day=(today + dt.timedelta(days=_DAYS)).isoformat(),
    )
    with store.database.writing() as session:
        for row in catalogues:
            session.merge(CatalogueRow(**row))
        for row in clerks:
            session.merge(ClerkRow(**row))
        numbers.keep(session, events.incarnation(session), [granted])


def sample(desk: Desk, clerk: Clerk) -> Reception:
    """Receive a made-up dossier at a practice desk, for somebody's first look.

    Raises:
        ValueError: it is no practice desk; nothing is ever made up elsewhere.
    """
    if not desk.practice:
        raise ValueError("not a practice desk")
    entry = Intake(
        procedure="ctbs",
        submitter=_CITIZEN,
        copies=(CopyLine(name="Giấy tờ mẫu", pages=2, copies=3),),
    )
    return intake.receive(desk, clerk, entry)
