"""Enrol this machine once, and sign clerks in while there is a line."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from app.domain import sealing, wire
from app.errors import AppError
from app.models import events, numbers
from app.models.blobs import make_folder, sync_folder
from app.models.keys import StationKeys, load_keys, make_keys, save_keys
from app.models.problems import WrongKey
from app.models.restore import set_aside
from app.models.store import Station, Store
from app.paths import Profile
from app.settings import BadSettings, Settings, read_settings, write_settings
from app.sync.http import Connection, ServerRefused


class AlreadyEnrolled(AppError):
    """The profile holds a store already; it is never replaced."""


class NoJournalFolder(AppError):
    """The folder for the second journal is not there; nothing was enrolled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A fresh profile: who the station is, and where its keys lie."""

    station: Station
    keys: StationKeys
    key_place: str


def enrol(
    profile: Profile,
    *,
    server: str,
    code: str,
    ca_file: str,
    journal_folder: str,
    clock: dt.datetime,
) -> Enrolled:
    """Use a one-time code: make keys, an empty store and the settings of a profile.

    The settings come last, and only they make a profile usable. Until then a
    note says that an enrolment is under way; if it is cut off, a new code
    begins it anew, with the same keys.

    Raises:
        AlreadyEnrolled: nothing was touched.
        NoJournalFolder: nothing was touched.
        ServerUnreachable, ServerRefused: nothing was kept; the code may be
            used again unless the server says otherwise.
    """
    note = profile.settings.with_suffix(".enrolling")
    if profile.settings.exists() or (profile.store.exists() and not note.exists()):
        raise AlreadyEnrolled(
            "Thư mục này đã là của một máy đã đăng ký.",
            "Dùng tiếp, hoặc chọn thư mục khác cho máy mới.",
            "Kho hồ sơ không bị đụng tới.",
        )
    if journal_folder and not Path(journal_folder).is_dir():
        raise NoJournalFolder(
            f"Không có thư mục {journal_folder} cho nhật ký thứ hai.",
            "Cắm ổ thứ hai và tạo thư mục, rồi chạy lại; mã đăng ký chưa bị dùng.",
        )
    profile_id, keys = _cut_off(note) or (str(uuid4()), make_keys())
    incarnation = uuid4()
    settings = Settings(
        profile_id=profile_id,
        server=server.rstrip("/"),
        ca_file=ca_file,
        journal_folder=journal_folder,
    )
    connection = Connection(settings, None, lambda _: b"", lambda: clock)
    answer = connection.post_json(
        "/v1/stations/enrol",
        wire.EnrolRequest(
            code=code,
            name=profile.root.name,
            signing_key=sealing.public_of_signing(keys.signing).hex(),
            sealing_key=sealing.public_of_sealing(keys.sealing).hex(),
            incarnation=incarnation,
        ),
        wire.EnrolAnswer,
    )
    connection.close()
    station = Station(
        id=answer.station,
        name=answer.station_name,
        agency=answer.agency,
        province_key=bytes.fromhex(answer.province_key),
        recovery_key=bytes.fromhex(answer.recovery_key),
    )
    place = save_keys(profile_id, keys)
    make_folder(profile.root)
    write_settings(note, settings)
    sync_folder(profile.root)
    set_aside(profile, clock)  # of an enrolment that was cut off: nobody ever used it
    _begin_store(profile, keys, station, settings, incarnation, answer)
    write_settings(profile.settings, with_station(settings, station))
    sync_folder(profile.root)
    note.unlink()
    return Enrolled(station=station, keys=keys, key_place=place)


def _cut_off(note: Path) -> tuple[str, StationKeys] | None:
    """Return profile id and keys of an enrolment that was cut off, None if there was none.

    They are used again, for they seal what it may have left beside the store.
    """
    if not note.exists():
        return None
    try:
        profile_id = read_settings(note).profile_id
        return profile_id, load_keys(profile_id)
    except (BadSettings, WrongKey):
        return None


def _begin_store(
    profile: Profile,
    keys: StationKeys,
    station: Station,
    settings: Settings,
    incarnation: UUID,
    answer: wire.EnrolAnswer,
) -> None:
    journal = Path(settings.journal_folder) if settings.journal_folder else None
    store = Store.create(profile, keys, station, journal, incarnation)
    with store.database.writing() as session:
        numbers.keep(session, incarnation, answer.ranges)
        days = str(answer.policy.offline_sign_in_days)
        events.set_fact(session, "policy.offline_sign_in_days", days)
    store.close()


def with_station(settings: Settings, station: Station) -> Settings:
    """Return the settings with what enrolment told; all of it is public."""
    return Settings(
        profile_id=settings.profile_id,
        server=settings.server,
        ca_file=settings.ca_file,
        journal_folder=settings.journal_folder,
        station_id=str(station.id),
        station_name=station.name,
        agency=station.agency,
        province_key=station.province_key.hex(),
        recovery_key=station.recovery_key.hex(),
    )


class WrongPassword(AppError):
    """The server does not know this name with this password."""


def sign_in(connection: Connection, username: str, password: str) -> wire.TokenAnswer:
    """Sign a clerk in at the server.

    Raises:
        WrongPassword: name or password is wrong.
        ServerUnreachable: try the PIN instead.
    """
    request = wire.TokenRequest(username=username, password=password)
    try:
        return connection.post_json("/v1/auth/token", request, wire.TokenAnswer)
    except ServerRefused as refused:
        if refused.type == "wrong-password":
            raise WrongPassword(
                "Tên đăng nhập hoặc mật khẩu chưa đúng.", "Kiểm tra Caps Lock rồi gõ lại."
            ) from refused
        raise
