"""A whole office: a real server on a loopback port, and stations that are enrolled with it."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import http.client
import io
import json
import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import keyring
import keyring.backends.fail
import pytest
import uvicorn
import zstandard
from PIL import Image
from sqlalchemy import text

from app.bootstrap import Workstation, open_workstation, restore_workstation
from app.domain import sealing, wire
from app.domain.bodies import Person
from app.domain.events import Event, genesis
from app.domain.fees import CopyLine
from app.domain.roles import ROLES
from app.models import projection
from app.paths import Profile
from app.services import intake, signin
from app.services.desk import Clerk, Desk
from app.sync import enrol
from app.sync.engine import PassResult
from app.sync.http import Connection
from server.main import create_app
from server.models.base import AgencyRow, EventRow
from server.models.database import ServerDatabase
from server.services import catalogues, enrolment, people
from server.settings import ServerSettings
from tests.support.postgres import postgres
from tests.support.processes import bare_environment, wait_for

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "resources" / "catalogue"
AGENCY, OTHER_AGENCY = "H24.15", "H24.16"
VIETNAM = dt.timezone(dt.timedelta(hours=7))
FRIDAY = dt.datetime(2026, 11, 20, 9, 0, tzinfo=VIETNAM)
USER, PASSWORD, PIN = "bich", "matkhau123", "135790"
BICH = Clerk(
    user=USER,
    display_name="Trần Thị Bích",
    roles=frozenset({"reception", "returning", "cashier"}),
)
HOA = Clerk(user="hoa", display_name="Lê Văn Hòa", roles=frozenset({"officer"}))
DUNG = Clerk(user="dung", display_name="Phạm Thị Dung", roles=frozenset({"leader"}))
LAN = Clerk(user="lan", display_name="Vũ Thị Lan", roles=frozenset(ROLES))
CHIEF = Clerk(user="truong", display_name="Lê Văn Trưởng", roles=frozenset({"supervisor"}))


class Clock:
    """A clock that stands still until it is told to move."""

    def __init__(self, now: dt.datetime = FRIDAY) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Let time pass, or go back."""
        self.now += dt.timedelta(**by)


@contextmanager
def home(folder: Path) -> Iterator[Path]:
    """Live in a home folder of one's own, without a keyring: keys go to a file."""
    folder.mkdir(parents=True, exist_ok=True)
    former = keyring.get_keyring()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            patch.delenv(name, raising=False)
        keyring.set_keyring(keyring.backends.fail.Keyring())
        try:
            yield folder
        finally:
            keyring.set_keyring(former)


# ---- the server ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; header names in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """The RFC 9457 problem that was answered."""
        assert self.headers["content-type"] == "application/problem+json", self
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def json(self) -> Any:
        """The JSON that was answered."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The page that was answered."""
        return self.body.decode("utf-8")


@dataclass
class Office:
    """A server that answers on a loopback port, and the folder of its stations."""

    folder: Path
    url: str
    settings: ServerSettings
    database: ServerDatabase
    clock: Clock
    port: int
    keys: catalogues.ProvinceKeys
    recovery_key: bytes
    serials: Iterator[int] = field(default_factory=lambda: iter(range(10_001, 99_999)))
    _names: Iterator[int] = field(default_factory=lambda: iter(range(1, 100_000)))

    @property
    def address(self) -> str:
        """Where stations reach it."""
        return f"http://127.0.0.1:{self.port}"

    def code(self, agency: str = AGENCY, name: str = "Quầy 1", replaces: UUID | None = None) -> str:
        """Return a fresh one-time enrolment code."""
        with self.database.writing() as session:
            return enrolment.make_code(session, agency, name, self.clock(), replaces)

    def station(self, agency: str = AGENCY, *, name: str = "", journal: str = "") -> Counter:
        """Enrol a station with a profile of its own; it has the catalogue and its ranges."""
        root = self.folder / "stations" / (name or f"quay-{next(self._names)}")
        return enrol_station(self, root, agency, journal_folder=journal)

    def bare(self, agency: str = AGENCY) -> Bare:
        """Enrol something that speaks the protocol by hand and keeps no store."""
        return Bare.enrolled(self, agency)

    def log(self, agency: str = AGENCY) -> list[tuple[Any, ...]]:
        """Return the server's events of an agency, row by row, without moments of storing."""
        with self.database.reading() as session:
            rows = session.execute(
                text(
                    "SELECT seq, store, n, prev, hash, dossier, base, kind, v, at, actor, body,"
                    " refusal FROM event WHERE agency = :a ORDER BY seq, store, n"
                ),
                {"a": agency},
            ).all()
        return [tuple(_plain(value) for value in row) for row in rows]

    def codes(self, agency: str = AGENCY) -> list[str]:
        """Return the code of every dossier the server holds."""
        with self.database.reading() as session:
            return list(
                session.execute(
                    text("SELECT code FROM dossier WHERE agency = :a ORDER BY code"), {"a": agency}
                ).scalars()
            )

    def bodies(self, store: UUID) -> list[bytes]:
        """Return the stored bodies of a store's events, in order."""
        with self.database.reading() as session:
            rows = session.query(EventRow).filter(EventRow.store == store).order_by(EventRow.n)
            return [row.body for row in rows]

    def change(self, statement: str, **values: Any) -> None:
        """Change something in the server's database behind its back."""
        with self.database.writing() as session:
            session.execute(text(statement), values)

    def ask(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request as it stands and return the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, target, body or None, dict(headers or {}))
            reply = connection.getresponse()
            content = reply.read()
            found = {key.lower(): value for key, value in reply.getheaders()}
        finally:
            connection.close()
        if content.startswith(b"\x28\xb5\x2f\xfd"):
            content = zstandard.ZstdDecompressor().decompress(content, 1 << 26)
        return Answer(reply.status, found, content)


def _plain(value: Any) -> Any:
    if isinstance(value, (memoryview, bytearray)):
        return bytes(value)
    return value.hex if isinstance(value, UUID) else value


@contextmanager
def running_office(
    folder: Path, *, database: str = "sqlite", clock: Clock | None = None, **settings: Any
) -> Iterator[Office]:
    """Run a server with two agencies, the bundled catalogue and two users.

    Args:
        folder: where everything goes.
        database: "sqlite", "postgresql", or the address of an empty database.
        clock: of the server, and of stations by default; one that stands still if not given.
        settings: further fields of `ServerSettings`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(home(folder / "home"))
        url = database
        if database == "sqlite":
            url = f"sqlite:///{folder / 'server.db'}"
        elif database == "postgresql":
            url = stack.enter_context(postgres(folder / "pg"))
        settings = {"gap_wait_s": 0.3} | settings
        chosen = ServerSettings(database=url, blobs=folder / "blobs", **settings)
        recovery = folder / "recovery.key"
        keys = catalogues.make_keys(chosen.blobs, recovery)
        server = ServerDatabase(url)
        stack.callback(server.close)
        server.migrate()
        clock = clock or Clock()
        _furnish(server, keys, clock())
        port = stack.enter_context(served(chosen, lambda: clock().astimezone(dt.UTC)))
        yield Office(
            folder=folder,
            url=url,
            settings=chosen,
            database=server,
            clock=clock,
            port=port,
            keys=keys,
            recovery_key=bytes.fromhex(recovery.read_text("ascii").strip()),
        )


def _furnish(server: ServerDatabase, keys: catalogues.ProvinceKeys, now: dt.datetime) -> None:
    with server.writing() as session:
        for agency, name in ((AGENCY, "UBND phường Minh Tâm"), (OTHER_AGENCY, "UBND phường khác")):
            session.add(AgencyRow(agency=agency, name=name))
        catalogues.load_folder(session, CATALOGUE, keys, now)
        for one in (BICH, HOA, DUNG, LAN, CHIEF):
            roles = " ".join(sorted(one.roles))
            people.add_user(session, AGENCY, one.user, one.display_name, roles, PASSWORD)


@contextmanager
def served(settings: ServerSettings, clock: Callable[[], dt.datetime]) -> Iterator[int]:
    """Answer on a free loopback port until the block ends; yield the port."""
    # named as TCP, so that asyncio sends small answers without waiting (TCP_NODELAY)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        config = uvicorn.Config(
            create_app(settings, clock=clock),
            log_config=None,
            ws="none",
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,  # somebody may still wait for news
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            wait_for(lambda: server.started or not thread.is_alive(), 20, "server")
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)


# ---- a station with a store ----------------------------------------------------------------------


@dataclass
class Counter:
    """An enrolled station: its profile, and the opened workstation."""

    office: Office
    root: Path
    clock: Clock
    opened: Workstation

    @property
    def desk(self) -> Desk:
        """Store and catalogue."""
        return self.opened.desk

    @property
    def profile(self) -> Profile:
        """The folder of the station."""
        return self.opened.profile

    @property
    def database(self) -> Any:
        """The two doors of the store."""
        return self.desk.store.database

    @property
    def incarnation(self) -> UUID:
        """Whose events are made now."""
        return UUID(self.fact("incarnation"))

    def fact(self, key: str) -> str:
        """Return one fact of the store, "" if it is not there."""
        return str(self.value("SELECT value FROM fact WHERE key = :key", key=key) or "")

    def value(self, query: str, **values: Any) -> Any:
        """Return the first value that a query finds in the store."""
        with self.database.reading() as session:
            return session.execute(text(query), values).scalar()

    def values(self, query: str, **values: Any) -> list[Any]:
        """Return the first column of what a query finds in the store."""
        with self.database.reading() as session:
            return list(session.execute(text(query), values).scalars())

    def change(self, statement: str, **values: Any) -> None:
        """Change something in the store behind its back."""
        with self.database.writing() as session:
            session.execute(text(statement), values)

    def receive(self, name: str = "Nguyễn Văn Đức", **more: Any) -> intake.Reception:
        """Receive a dossier of certified copies, the smallest there is."""
        return intake.receive(self.desk, BICH, copies_entry(name, **more))

    def sync(self, *, with_pages: bool = True) -> PassResult:
        """Make one pass."""
        engine = self.opened.engine()
        try:
            return engine.run(with_pages=with_pages)
        finally:
            engine.close()

    def connect(self) -> Connection:
        """Open a signed connection."""
        return self.opened.connect()

    def fold(self, dossier: UUID) -> Any:
        """Return a dossier as folded here."""
        with self.database.reading() as session:
            return projection.load(session, dossier)

    def reopen(self) -> Counter:
        """Close the store and open it again, as after a restart."""
        self.opened.close()
        self.opened = open_workstation(self.root)
        self._take_clock()
        return self

    def restore(self, recovery_key: bytes | None = None, journals: Path | None = None) -> Any:
        """Close the store, rebuild it, and go on with the new one."""
        self.opened.close()
        self.opened, restored = restore_workstation(self.root, recovery_key, journals)
        self._take_clock()
        return restored

    def _take_clock(self) -> None:
        self.opened.desk.clock = self.clock

    def close(self) -> None:
        """Close the store."""
        self.opened.close()

    def sign_in(self, user: str = USER) -> Clerk:
        """Sign a clerk in online and set the PIN."""
        connection = self.connect()
        try:
            answer = enrol.sign_in(connection, user, PASSWORD)
        finally:
            connection.close()
        return signin.remember(self.desk, answer, PIN, self.desk.now())


def enrol_station(
    office: Office,
    root: Path,
    agency: str = AGENCY,
    *,
    journal_folder: str = "",
    replaces: UUID | None = None,
) -> Counter:
    """Enrol a profile, open it and let it sync once."""
    enrol.enrol(
        Profile(root),
        server=office.address,
        code=office.code(agency, root.name, replaces),
        ca_file="",
        journal_folder=journal_folder,
        clock=office.clock(),
    )
    counter = Counter(office, root, office.clock, open_workstation(root))
    counter._take_clock()
    counter.sync()
    return counter


def copies_entry(name: str = "Nguyễn Văn Đức", **more: Any) -> intake.Intake:
    """Return what a clerk types for certified copies."""
    person = {"id_number": "000090000002", "phone": "0912345678"}
    person |= {key: more.pop(key) for key in ("id_number", "phone", "address") if key in more}
    lines = (CopyLine(name="Bằng tốt nghiệp", pages=3, copies=2),)
    entry = intake.Intake(procedure="ctbs", submitter=Person(name=name, **person), copies=lines)
    return replace(entry, **more)


def birth_entry(name: str = "Nguyễn Thị Hồng Nhung", **more: Any) -> intake.Intake:
    """Return what a clerk types for the registration of a birth."""
    fields = {"child_name": "Trần Gia Hân", "child_born": "2026-11-15", "child_sex": "Nữ"}
    entry = intake.Intake(
        procedure="1.001193",
        submitter=Person(name=name, id_number="000190000001", phone="0987654321"),
        fields=fields,
    )
    return replace(entry, **more)


def picture(seed: int = 0, *, kind: str = "JPEG", size: tuple[int, int] = (300, 400)) -> bytes:
    """Return a small image that differs by `seed` and does not pack well."""
    noise = random.Random(seed).randbytes(size[0] * size[1])
    out = io.BytesIO()
    Image.frombytes("L", size, noise).save(out, kind, dpi=(100, 100))
    return out.getvalue()


# ---- a station by hand ---------------------------------------------------------------------------


@dataclass
class Bare:
    """A station's keys and chain without a store: it can say what no program of ours would."""

    office: Office
    agency: str
    station: UUID
    signing: bytes
    store: UUID
    ranges: list[dict[str, Any]]
    n: int = 0
    head: bytes = b""

    @classmethod
    def enrolled(cls, office: Office, agency: str = AGENCY) -> Bare:
        """Enrol with fresh keys."""
        signing, sealed, store = os.urandom(32), os.urandom(32), uuid4()
        request = {
            "code": office.code(agency),
            "name": "tay",
            "signing_key": sealing.public_of_signing(signing).hex(),
            "sealing_key": sealing.public_of_sealing(sealed).hex(),
            "incarnation": str(store),
        }
        answer = office.ask("POST", "/v1/stations/enrol", json.dumps(request).encode())
        assert answer.status == 200, answer
        ranges = answer.json["ranges"]
        station = UUID(answer.json["station"])
        return cls(office, agency, station, signing, store, ranges, head=genesis(store))

    def ask(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one signed request."""
        at = self.office.clock().astimezone(dt.UTC).isoformat(timespec="seconds")
        signature = sealing.sign(self.signing, wire.request_bytes(method, target, at, body)).hex()
        value = f'QMC-Station id="{self.station}", at="{at}", signature="{signature}"'
        return self.office.ask(method, target, body, {**(headers or {}), "Authorization": value})

    def post(self, target: str, message: Any) -> Answer:
        """POST a JSON message."""
        return self.ask("POST", target, json.dumps(message).encode())

    def event(self, kind: str, body: Any, dossier: UUID | None = None, **more: Any) -> Event:
        """Return the next event of the chain; it counts as made."""
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        fields = {"base": 0, "v": 1, "at": self.office.clock().isoformat(), "actor": USER} | more
        event = Event(
            store=self.store, n=self.n + 1, prev=self.head, dossier=dossier, kind=kind, body=raw,
            **fields,
        )  # fmt: skip
        self.n, self.head = event.n, event.hash
        return event

    def reception(self, dossier: UUID | None = None, **more: Any) -> Event:
        """Return a reception under a number that no station uses."""
        return self.event("dossier.received", self.received(**more), dossier or uuid4())

    def received(self, **more: Any) -> dict[str, Any]:
        """Return the body of a reception."""
        at = self.office.clock().astimezone(VIETNAM)
        number = next(self.office.serials)
        return {
            "code": f"{self.agency}-{at:%y%m%d}-{number:04d}",
            "check": "A",
            "lookup": "ABCDEFGH",
            "agency": self.agency,
            "procedure": "2.000815",
            "catalogue": 1,
            "forms": "2018",
            "received_at": at.isoformat(),
            "due_at": (at + dt.timedelta(hours=6)).isoformat(),
            "counted_from": at.date().isoformat(),
            "submitter": {"name": "Phạm Thị Tay", "id_number": "000190000009"},
            "number": number,
            "drawn_from": "range",
            "fee": {"amount": 9000},
        } | more

    def push(self, events: Sequence[Event], *, packing: str = "zstd", **head: Any) -> Answer:
        """Push events in one request; `head` changes its first line."""
        last = events[-1]
        first_line = {
            "protocol": 1,
            "store": str(events[0].store),
            "first": events[0].n,
            "count": len(events),
            "prev": events[0].prev.hex(),
            "head": last.hash.hex(),
            "signature": sealing.sign(
                self.signing, wire.signed_bytes(last.store, last.n, last.hash)
            ).hex(),
        } | head
        lines = [json.dumps(first_line).encode()]
        for event in events:
            envelope = {"n": event.n, "kind": event.kind, "v": event.v, "at": event.at}
            envelope |= {"actor": event.actor, "base": event.base}
            if event.dossier is not None:
                envelope["dossier"] = str(event.dossier)
            lines += [json.dumps(envelope).encode(), event.body]
        return self.push_bytes(b"\n".join(lines) + b"\n", packing)

    def push_bytes(self, data: bytes, packing: str = "zstd") -> Answer:
        """Push a text as it stands."""
        if packing == "zstd":
            return self.ask(
                "POST", "/v1/push", zstandard.compress(data), {"Content-Encoding": "zstd"}
            )
        return self.ask("POST", "/v1/push", data)

    def announce(self, image: bytes, mime: str = "image/jpeg", **more: Any) -> str:
        """Push a reception with one page; return the page's hash."""
        dossier, sha256 = uuid4(), hashlib.sha256(image).hexdigest()
        page = {"page": str(uuid4()), "sha256": sha256, "size": len(image), "mime": mime}
        page |= {"paper": "ban-chinh"} | more
        answer = self.push([self.reception(dossier), self.event("page.attached", page, dossier)])
        assert answer.json["quarantined"] == [], answer
        return sha256

    def create(self, sha256: str, length: int) -> Answer:
        """Begin an upload."""
        metadata = "sha256 " + base64.b64encode(sha256.encode()).decode()
        headers = {"Upload-Length": str(length), "Upload-Metadata": metadata}
        return self.ask("POST", "/v1/files", b"", headers | {"Tus-Resumable": "1.0.0"})

    def patch(self, target: str, offset: int, chunk: bytes, **headers: str) -> Answer:
        """Send a chunk with its checksum."""
        digest = base64.b64encode(hashlib.sha256(chunk).digest()).decode()
        sent = {
            "Tus-Resumable": "1.0.0",
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
            "Upload-Checksum": f"sha256 {digest}",
        }
        return self.ask(
            "PATCH", target, chunk, sent | {k.replace("_", "-"): v for k, v in headers.items()}
        )

    def progress(self, target: str) -> Answer:
        """Ask how far an upload is."""
        return self.ask("HEAD", target, b"", {"Tus-Resumable": "1.0.0"})


# ---- the command line ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass(frozen=True)
class CommandLine:
    """`main.py` with a profile and a home of its own, in child processes."""

    root: Path
    home: Path

    def environment(self, **more: str) -> dict[str, str]:
        """Return the whole environment of a child."""
        backend = "keyring.backends.fail.Keyring"
        return bare_environment(self.home, PYTHON_KEYRING_BACKEND=backend, **more)

    def command(self, *arguments: str | Path) -> list[str]:
        """Return the words of a call."""
        fixed = [sys.executable, str(ROOT / "main.py"), "--profile", str(self.root), "--json"]
        return [*fixed, *(str(part) for part in arguments)]

    def start(
        self, *arguments: str | Path, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a command and return at once."""
        self.home.mkdir(parents=True, exist_ok=True)
        return subprocess.Popen(
            self.command(*arguments), env=self.environment(**(env or {})),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.home,
        )  # fmt: skip

    def __call__(
        self, *arguments: str | Path, stdin: str = "", env: Mapping[str, str] | None = None
    ) -> Said:
        """Run a command to its end."""
        child = self.start(*arguments, env=env)
        out, err = child.communicate(stdin.encode(), timeout=120)
        return Said(child.returncode, out.decode("utf-8"), err.decode("utf-8"))

    def enrol(self, office: Office, *arguments: str | Path) -> None:
        """Enrol the profile and sign the clerk in with a PIN."""
        code = office.code()
        said = self("enrol", "--server", office.address, "--code", code, *arguments)
        assert said.exit_code == 0, said
        said = self("sign-in", "--user", USER, "--set-pin", stdin=f"{PASSWORD}\n{PIN}\n")
        assert said.exit_code == 0, said


def real_clock() -> Clock:
    """Return a clock that goes like the children's own."""

    class Real(Clock):
        def __call__(self) -> dt.datetime:
            return dt.datetime.now(VIETNAM)

    return Real()
