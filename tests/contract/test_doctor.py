"""The server's doctor: whatever is wrong is provoked for real, found and named."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import text

from server.models.database import ServerDatabase
from server.services import doctor
from server.services.findings import Finding
from tests.support.office import AGENCY, OTHER_AGENCY, ROOT, Bare, Office, picture, running_office
from tests.support.processes import bare_environment, wait_for
from tests.support.standby import durable, is_synchronous, pair, url


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    with running_office(tmp_path / "o", database=request.param) as office:
        yield office


@pytest.fixture
def bare(office: Office) -> Bare:
    """A station that has pushed on two days, and one event that was set aside."""
    bare = office.bare()
    assert bare.push([bare.reception() for _ in range(3)]).status == 200
    office.clock.move(days=1)
    events = [bare.reception(), bare.event("dossier.flown", {}), bare.reception()]
    assert {q["n"] for q in bare.push(events).json["quarantined"]} == {5}
    return bare


def _look(office: Office, **more: Any) -> dict[tuple[str, str], Finding]:
    found = doctor.examine(office.database, office.settings.blobs, office.clock(), **more)
    assert len({(f.check, f.agency) for f in found}) == len(found)
    return {(f.check, f.agency): f for f in found}


def _wrong(office: Office, **more: Any) -> set[tuple[str, str]]:
    return {key for key, finding in _look(office, **more).items() if finding.state == "wrong"}


@contextmanager
def _changed(office: Office, table: str, column: str, value: Any, where: str) -> Iterator[None]:
    """Change one value behind the server's back, and put the former one back afterwards."""
    with office.database.reading() as session:
        former = session.execute(text(f"SELECT {column} FROM {table} WHERE {where}")).scalar_one()
    office.change(f"UPDATE {table} SET {column} = :v WHERE {where}", v=value)
    yield
    office.change(f"UPDATE {table} SET {column} = :v WHERE {where}", v=former)


def test_a_sound_server_has_nothing_wrong(office: Office, bare: Bare) -> None:
    found = _look(office)

    assert {key for key, f in found.items() if f.state == "wrong"} <= {("durability", "")}
    assert found["counter", AGENCY].facts == {"last_seq": 5, "highest": 5, "count": 5}
    assert found["chains", AGENCY].facts == {"stores": 1, "events": 6}
    assert found["digests", AGENCY].facts == {"days": 2}
    assert found["quarantine", AGENCY].facts == {"count": 1}
    assert found["quarantine", AGENCY].state == "watch"
    assert found["counter", OTHER_AGENCY].state == "right"


def test_a_counter_that_fell_behind_is_wrong(office: Office, bare: Bare) -> None:
    office.change("UPDATE agency SET last_seq = 4 WHERE agency = :a", a=AGENCY)

    assert ("counter", AGENCY) in _wrong(office)


def test_a_gap_in_the_stream_is_named(office: Office, bare: Bare) -> None:
    office.change("DELETE FROM stream WHERE agency = :a AND seq = 2", a=AGENCY)

    found = _look(office)
    assert found["counter", AGENCY].state == "wrong"
    assert found["counter", AGENCY].facts["first_missing"] == 2
    assert found["digests", AGENCY].state == "wrong"


def test_a_kept_day_that_differs_is_named(office: Office, bare: Bare) -> None:
    for column, value in (("count", 9), ("hash", "00"), ("upto", 9)):
        with _changed(office, "stream_day", column, value, "day = '2026-11-21'"):
            assert _look(office)["digests", AGENCY].facts == {"days": ["2026-11-21"]}
    assert _look(office)["digests", AGENCY].state == "right"


def test_a_stream_without_its_event_is_named(office: Office, bare: Bare) -> None:
    office.change("DELETE FROM event WHERE store = :s AND n = 6", s=_key(office, bare))

    found = _look(office)
    assert found["digests", AGENCY].facts == {"store": str(bare.store), "n": 6, "seq": 5}
    assert found["chains", AGENCY].facts == {"store": str(bare.store), "n": 6, "seq": None}


CHANGES = {
    "body": b"{}",
    "kind": "note.added",
    "actor": "ai đó",
    "at": "2026-11-20T08:00:00+07:00",
    "base": 7,
    "dossier": None,
    "v": 2,
}


def test_the_first_event_that_was_changed_is_named(office: Office, bare: Bare) -> None:
    for column, value in CHANGES.items():
        with (
            _changed(office, "event", column, value, "n = 3"),
            _changed(office, "event", column, value, "n = 2"),
        ):
            finding = _look(office)["chains", AGENCY]
            assert finding.state == "wrong"
            assert finding.facts == {"store": str(bare.store), "n": 2, "seq": 2}
            assert str(bare.store) in finding.says
    assert _look(office)["chains", AGENCY].state == "right"


def test_an_event_forged_with_its_hash_breaks_the_chain(office: Office, bare: Bare) -> None:
    store = _key(office, bare)
    event = bare.event("note.added", {"text": "thêm vào"})
    forged = replace(event, n=3, prev=b"\0" * 32)
    office.change(
        "UPDATE event SET prev = :p, hash = :h, kind = :k, body = :b, dossier = NULL, at = :t,"
        " actor = :w WHERE store = :s AND n = 3",
        p=forged.prev, h=forged.hash, k=forged.kind, b=forged.body, t=forged.at, w=forged.actor,
        s=store,
    )  # fmt: skip

    finding = _look(office)["chains", AGENCY]
    assert finding.facts["n"] == 3
    assert "không nối" in finding.says


def test_a_store_that_does_not_end_where_it_says_is_wrong(office: Office, bare: Bare) -> None:
    for column, value in (("have", 5), ("have", 7), ("head", b"\0" * 32)):
        with _changed(office, "store", column, value, "created_at IS NOT NULL"):
            assert ("chains", AGENCY) in _wrong(office)
    assert _look(office)["chains", AGENCY].state == "right"


def test_pages_that_are_missing_short_or_altered_are_named(office: Office, bare: Bare) -> None:
    images = [picture(i) for i in range(3)]
    paths = []
    for image in images:
        sha256 = bare.announce(image)
        target = bare.create(sha256, len(image)).headers["location"]
        assert bare.patch(target, 0, image).status == 204
        paths.append(office.settings.blobs / "pages" / AGENCY / sha256[:2] / sha256)
    assert _look(office, deep=True)["pages", AGENCY].state == "right"

    paths[0].write_bytes(images[0][:-1] + bytes([images[0][-1] ^ 1]))
    assert _look(office)["pages", AGENCY].state == "right"
    assert paths[0].name in _look(office, deep=True)["pages", AGENCY].facts["faults"][0]
    paths[1].write_bytes(images[1][:-1])
    assert "byte" in _look(office)["pages", AGENCY].facts["faults"][0]
    paths[2].unlink()
    assert len(_look(office, deep=True)["pages", AGENCY].facts["faults"]) == 3


def test_a_silent_station_is_named(office: Office, bare: Bare) -> None:
    office.clock.move(days=4)
    loud = office.bare()
    assert loud.push([loud.reception()]).status == 200

    found = _look(office, unseen_days=3)["stations", AGENCY]
    assert (found.state, found.facts) == ("watch", {"stations": 2, "silent": ["Quầy 1"]})
    assert _look(office, unseen_days=5)["stations", AGENCY].state == "right"


def test_tables_that_are_not_of_this_version_are_wrong_and_nothing_more_is_asked(
    office: Office,
) -> None:
    office.change("UPDATE alembic_version SET version_num = '0000'")

    found = _look(office)
    assert found["schema", ""].state == "wrong"
    assert ("counter", AGENCY) not in found


# ---- the machine ---------------------------------------------------------------------------------


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[Path]:
    with running_office(tmp_path / "o") as office:
        (tmp_path / "o" / "recovery.key").unlink()
        office.settings.blobs.chmod(0o700)
        (office.settings.blobs / "keys").chmod(0o700)
        yield office.settings.blobs


def test_keys_that_others_can_read_or_that_are_gone_are_wrong(blobs: Path) -> None:
    path = blobs / "keys" / "province.key"
    assert doctor.keys(blobs).state == "right"
    path.chmod(0o640)
    assert doctor.keys(blobs).state == "wrong"
    path.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
        assert doctor.keys(blobs).state == "wrong"
    path.write_text("no key", "ascii")
    assert doctor.keys(blobs).state == "wrong"
    path.unlink()
    assert "init" in doctor.keys(blobs).advice


def test_a_recovery_key_left_beside_the_blobs_is_pointed_at(blobs: Path) -> None:
    assert list(doctor.recovery_key(blobs)) == []
    (blobs.parent / "recovery.key").write_text("x", "ascii")
    assert [f.state for f in doctor.recovery_key(blobs)] == ["watch"]


def test_a_folder_that_takes_no_files_is_wrong(blobs: Path) -> None:
    assert doctor.writable(blobs).state == "right"
    assert list((blobs / "pages").glob(".probe*")) == []
    (blobs / "uploads").rmdir()
    (blobs / "uploads").write_text("a file in its place", "ascii")

    assert doctor.writable(blobs).state == "wrong"


def test_a_disk_that_fills_up_is_said_in_time(blobs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = doctor.shutil.disk_usage(blobs)
    for total, free, state in ((100, 50, "right"), (100, 5, "watch"), (100, 1, "wrong")):
        monkeypatch.setattr(
            doctor.shutil, "disk_usage",
            lambda _, t=total, f=free: usage._replace(total=t * 2**30, free=f * 2**30),
        )  # fmt: skip
        assert doctor.space(blobs).state == state
    assert doctor.space(blobs).facts["free_bytes"] == 2**30


def test_a_certificate_is_missed_before_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "cert.pem"
    now = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "qmc")])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
        .public_key(key.public_key()).not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=60)).sign(key, hashes.SHA256())
    )  # fmt: skip
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    for days, state in ((0, "right"), (40, "watch"), (60, "wrong")):
        assert doctor.certificate(path, now + dt.timedelta(days=days)).state == state
    path.write_text("none", "ascii")
    assert doctor.certificate(path, now).state == "wrong"


# ---- PostgreSQL ----------------------------------------------------------------------------------


def _of_database(address: str, blobs: Path) -> dict[str, Finding]:
    database = ServerDatabase(address)
    try:
        now = dt.datetime.now(dt.UTC)
        return {f.check: f for f in doctor.examine(database, blobs, now)}
    finally:
        database.close()


def test_a_standby_is_seen_from_both_sides_and_missed_when_it_is_gone(tmp_path: Path) -> None:
    with pair(tmp_path / "pg") as (primary, standby):
        database = ServerDatabase(url([primary]))
        database.migrate()
        database.close()
        found = _of_database(url([primary]), tmp_path)
        assert found["reachable"].facts["role"] == "primary"
        assert found["schema"].state == found["durability"].state == "right"
        assert found["standbys"].state == "right"
        assert found["standbys"].facts["standbys"][0]["sync"] == "sync"
        assert "checksums" not in found

        seen = _of_database(url([standby]), tmp_path)["reachable"]
        assert (seen.state, seen.facts["role"]) == ("wrong", "standby")

        standby.stop()
        wait_for(lambda: not is_synchronous(primary), 20, "primary alone")
        assert _of_database(url([primary]), tmp_path)["standbys"].state == "wrong"
        primary.set(synchronous_standby_names="")
        assert _of_database(url([primary]), tmp_path)["standbys"].state == "watch"


def test_settings_that_lose_what_was_acknowledged_are_wrong(tmp_path: Path) -> None:
    with durable(tmp_path / "pg") as node:
        address = url([node])
        ServerDatabase(address).migrate()
        assert _of_database(address, tmp_path)["durability"].state == "right"
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            node.set(**{setting: "off"})
            found = wait_for(
                lambda: f if (f := _of_database(address, tmp_path)["durability"]).state == "wrong"
                else None, 10, setting,
            )  # fmt: skip
            assert setting in found.says
            node.set(**{setting: "on"})


def test_an_archive_that_takes_nothing_is_wrong(tmp_path: Path) -> None:
    settings = "archive_mode = on\narchive_command = 'false'\n"
    with durable(tmp_path / "pg", settings) as node:
        ServerDatabase(url([node])).migrate()
        node.ask("SELECT pg_switch_wal()")
        wait_for(
            lambda: _of_database(url([node]), tmp_path)["archive"].state == "wrong", 20, "failure"
        )
        node.set(archive_command="true")
        wait_for(
            lambda: _of_database(url([node]), tmp_path)["archive"].state == "right", 90, "success"
        )


def test_an_unreachable_database_is_the_first_thing_said(tmp_path: Path) -> None:
    found = _of_database("postgresql+psycopg://nobody@127.0.0.1:1/qmc", tmp_path)

    assert found["reachable"].state == "wrong"
    assert "schema" not in found
    assert found["keys"].state == "wrong"


# ---- the command ---------------------------------------------------------------------------------


def test_the_command_speaks_to_people_and_programs_and_ends_with_3_if_something_is_wrong(
    tmp_path: Path,
) -> None:
    with running_office(tmp_path / "o") as office:
        office.settings.blobs.chmod(0o700)
        words = [sys.executable, "-m", "server", "--blobs", str(office.settings.blobs), "doctor"]
        environment = bare_environment(tmp_path, QMC_DATABASE=office.url)

        def run(*more: str) -> subprocess.CompletedProcess[bytes]:
            return subprocess.run(
                [*words, *more], env=environment, cwd=ROOT, capture_output=True, timeout=60,
                check=False,
            )  # fmt: skip

        sound = run()
        office.change("UPDATE agency SET last_seq = 4 WHERE agency = :a", a=AGENCY)
        broken, told = run(), run("--json")

    assert sound.returncode == 0, sound
    assert "đúng" in sound.stdout.decode()
    assert broken.returncode == told.returncode == 3
    assert "SAI" in broken.stdout.decode()
    findings = json.loads(told.stdout)
    assert [f["check"] for f in findings if f["state"] == "wrong"] == ["counter"]


def _key(office: Office, bare: Bare) -> Any:
    """Return a store's id as this database keeps it."""
    return bare.store.hex if office.url.startswith("sqlite") else bare.store
