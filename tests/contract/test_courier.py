"""Sticks instead of a line: the queue out, the answers back, and everything that goes wrong."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from app.domain import bundle, sealing
from app.domain.bundle import BundleHead, NotABundle
from app.services import station
from app.sync import courier
from app.sync.courier import BundleRefused, Imported
from app.sync.http import Connection, ServerRefused, ServerUnreachable
from tests.support.office import BICH, OTHER_AGENCY, Counter, Office, running_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with running_office(tmp_path / "office") as running:
        yield running


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "usb"
    folder.mkdir()
    return folder


def export(counter: Counter, stick: Path) -> Path:
    return courier.export_queue(counter.desk.store, stick, BICH.user, counter.desk.now()).file


def take(counter: Counter, file: Path) -> Imported:
    connection = counter.connect()
    try:
        return courier.import_file(counter.desk.store, file, connection, counter.desk.now())
    finally:
        connection.close()


def relayed(counter: Counter, file: Path) -> Path:
    done = take(counter, file)
    assert done.kind == "queue"
    assert done.file is not None
    return done.file


def test_what_a_stick_carried_is_on_the_server_once_and_proven_at_home(
    office: Office, stick: Path
) -> None:
    far, near = office.station(), office.station()
    codes = [far.receive(f"Người {i}").code for i in range(5)]
    near.receive("Người ở gần")
    near.sync()

    answers = relayed(near, export(far, stick))
    assert sorted(office.codes()) == sorted([*codes, *near.values("SELECT code FROM dossier")])
    done = take(far, answers)

    assert (done.kind, done.confirmed, done.pulled, done.quarantined) == ("answers", 6, 1, 0)
    assert done.proven
    assert station.status(far.desk, "").waiting == 0
    assert station.status(far.desk, "").proven_at is not None
    log = office.log()
    far.sync()
    assert [row for row in office.log() if row not in log] == []
    for counter in (far, near):
        counter.close()


def test_a_relay_of_another_agency_reads_nothing_and_carries_all(
    office: Office, stick: Path
) -> None:
    far, other = office.station(), office.station(OTHER_AGENCY)
    reception = far.receive("Nguyễn Văn Bí Mật")
    file = export(far, stick)
    assert b"B\xc3\xad M\xe1\xba\xadt" not in file.read_bytes()

    answers = relayed(other, file)
    assert office.codes() == [reception.code]
    assert take(far, answers).confirmed == 2
    for counter in (far, other):
        counter.close()


def test_twice_imported_changes_nothing(office: Office, stick: Path) -> None:
    far, near = office.station(), office.station()
    far.receive()
    file = export(far, stick)
    first = relayed(near, file)
    log = office.log()
    office.clock.move(seconds=1)
    second = relayed(near, file)
    assert office.log() == log
    assert first != second

    assert take(far, first).confirmed == 2
    again = [take(far, path) for path in (first, second)]
    assert [(a.confirmed, a.pulled, a.quarantined) for a in again] == [(0, 0, 0)] * 2
    assert station.status(far.desk, "").waiting == 0
    for counter in (far, near):
        counter.close()


def test_old_answers_take_nothing_back(office: Office, stick: Path) -> None:
    far, near = office.station(), office.station()
    far.receive()
    old = relayed(near, export(far, stick))
    office.clock.move(hours=5)
    far.receive()
    far.sync()
    have = far.fact(f"have:{far.incarnation}")
    ends = far.value("SELECT max(to_day) FROM number_range")
    take(far, old)
    assert far.fact(f"have:{far.incarnation}") == have
    assert far.value("SELECT max(to_day) FROM number_range") == ends
    assert far.sync().proven
    for counter in (far, near):
        counter.close()


def test_answers_for_another_station_are_refused_by_name(office: Office, stick: Path) -> None:
    far, near = office.station(), office.station(name="quay-gan")
    far.receive()
    answers = relayed(near, export(far, stick))
    with pytest.raises(BundleRefused, match="là của máy") as caught:
        take(near, answers)
    assert "Cắm USB vào đúng máy đó" in caught.value.advice
    for counter in (far, near):
        counter.close()


def test_the_refused_are_named_in_the_answers(office: Office, stick: Path) -> None:
    far, near = office.station(), office.station()
    reception = far.receive()
    file = export(far, stick)
    office.change("DELETE FROM catalogue")
    done = take(far, relayed(near, file))
    assert done.quarantined == 1
    [refused] = station.refused_events(far.desk)
    assert refused.dossier_code == reception.code
    assert "không có danh mục" in refused.reason
    for counter in (far, near):
        counter.close()


def test_any_changed_or_missing_byte_is_noticed(office: Office, stick: Path) -> None:
    far, near = office.station(), office.station()
    far.receive()
    file = export(far, stick)
    answers = relayed(near, file)
    log = office.log()
    for path, counter in ((file, near), (answers, far)):
        whole = path.read_bytes()
        for at in (0, 3, 10, 60, len(whole) // 2, len(whole) - 70, len(whole) - 1):
            bad = bytearray(whole)
            bad[at] ^= 1
            path.write_bytes(bytes(bad))
            with pytest.raises((BundleRefused, ServerRefused)):
                take(counter, path)
        for cut in (0, 5, 40, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:cut])
            with pytest.raises((BundleRefused, ServerRefused)):
                take(counter, path)
        path.write_bytes(whole)
    assert office.log() == log
    assert station.status(far.desk, "").waiting == 2
    assert take(far, answers).confirmed == 2
    for counter in (far, near):
        counter.close()


def _bundle(counter: Counter, packed: bytes, key: bytes | None = None) -> bytes:
    """A bundle signed by a station, with any inside."""
    head = BundleHead(
        kind="queue", station=counter.opened.station.id, name="x", agency="H24.15",
        made_at="2026-11-20T09:00:00+07:00",
    )  # fmt: skip
    whole = bundle.write_bundle(
        head, [], public=key or bytes.fromhex(counter.fact("courier_key")),
        sign=counter.desk.store.sign,
    )  # fmt: skip
    start = whole.index(b"\n", 6) + 1
    public = key or bytes.fromhex(counter.fact("courier_key"))
    body = whole[:start] + sealing.seal(public, packed, bundle._purpose(head))
    return body + counter.desk.store.sign(bundle._signed(body))


@pytest.mark.parametrize(
    ("packed", "words"),
    [
        (zstandard.compress(bytes(bundle.MAX_ITEMS_BYTES + 1)), "quá lớn"),
        (b"no zstd", "hỏng bên trong"),
        (zstandard.compress(b""), "bên trong"),
        (zstandard.compress(struct.pack(">I", 2**32 - 1) + b"x"), "cắt ngang"),
        (zstandard.compress(b"\0\0"), "cắt ngang"),
        (zstandard.compress(struct.pack(">I", 2) + b"{}"), "bên trong"),
    ],
)
def test_a_bomb_or_nonsense_inside_is_refused_in_words(
    office: Office, stick: Path, packed: bytes, words: str
) -> None:
    near = office.station()
    file = stick / "x.qmcb"
    file.write_bytes(_bundle(near, packed))
    assert file.stat().st_size < bundle.MAX_BUNDLE_BYTES
    with pytest.raises(ServerRefused) as caught:
        take(near, file)
    assert words in caught.value.detail
    near.close()


def test_a_bundle_sealed_to_somebody_else_or_of_a_stranger_is_refused(
    office: Office, stick: Path
) -> None:
    near = office.station()
    file = stick / "x.qmcb"
    file.write_bytes(
        _bundle(near, zstandard.compress(b""), sealing.public_of_sealing(os.urandom(32)))
    )
    with pytest.raises(ServerRefused) as caught:
        take(near, file)
    assert "không dành cho máy này" in caught.value.detail
    office.change("UPDATE station SET revoked_at = '2026-11-01 00:00:00'")
    with pytest.raises(ServerRefused):
        take(near, file)
    near.close()


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7", b"QMCB1\n", b"QMCB1\n{}\n", b"QMCB1\n" + b"x" * 9000]
)
def test_what_is_no_bundle_is_named(office: Office, stick: Path, content: bytes) -> None:
    near = office.station()
    file = stick / "anh.jpg"
    file.write_bytes(content)
    with pytest.raises(BundleRefused) as caught:
        take(near, file)
    assert caught.value.kept
    with pytest.raises(NotABundle):
        bundle.read_head(content)
    near.close()


def test_without_a_line_a_relay_keeps_the_file(office: Office, stick: Path) -> None:
    far, near = office.station(), office.station()
    far.receive()
    file = export(far, stick)
    store, opened = near.desk.store, near.opened
    nowhere = replace(opened.settings, server="http://127.0.0.1:9")
    line = Connection(nowhere, opened.station.id, store.sign, near.clock)
    before = file.read_bytes()
    with pytest.raises(ServerUnreachable):
        courier.import_file(store, file, line, near.desk.now())
    assert file.read_bytes() == before
    assert [p.name for p in stick.iterdir()] == [file.name]
    for counter in (far, near):
        counter.close()


def test_an_export_needs_a_folder_and_a_key(office: Office, stick: Path) -> None:
    far = office.station()
    with pytest.raises(BundleRefused, match="Không có thư mục"):
        export(far, stick / "none")
    far.change("DELETE FROM fact WHERE key = 'courier_key'")
    with pytest.raises(BundleRefused, match="chưa có khoá"):
        export(far, stick)
    assert list(stick.iterdir()) == []
    far.close()


def test_an_export_is_recorded_and_reaches_the_server_with_it(office: Office, stick: Path) -> None:
    far, near = office.station(), office.station()
    far.receive()
    relayed(near, export(far, stick))
    kinds = [row[7] for row in office.log() if row[1] == far.incarnation.hex]
    assert sorted(kinds) == ["data.exported", "dossier.received"]
    for counter in (far, near):
        counter.close()
