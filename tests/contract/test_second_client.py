"""The documents are enough: a client written from them alone syncs with the server and with us."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.office import AGENCY, VIETNAM, Office, picture, real_clock, running_office
from tests.support.second_client import Refused, SecondClient, reception


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    with running_office(tmp_path / "o", database=request.param, clock=real_clock()) as running:
        yield running


@pytest.fixture
def client(office: Office) -> SecondClient:
    client = SecondClient(office.port, AGENCY)
    client.enrol(office.code())
    client.hello()
    return client


def test_it_receives_pushes_pulls_and_proves(office: Office, client: SecondClient) -> None:
    ours = office.station()
    mine = [ours.receive(f"Người {i}") for i in range(3)]
    ours.sync()
    today = dt.datetime.now(VIETNAM).date()
    dossiers = [str(uuid.uuid4()) for _ in range(5)]
    for dossier, number in zip(dossiers, client.lease(), strict=True):
        client.act("dossier.received", reception(AGENCY, today, number), dossier)
    client.push()
    assert client.pull() == 3
    assert client.is_proven()
    assert client.refused == {}

    seen = client.cursor
    client.act("note.added", {"text": "xin chào"}, str(mine[0].dossier), base=seen)
    client.push()
    client.pull()
    assert client.is_proven()
    ours.sync()
    for dossier in dossiers:
        assert ours.fold(uuid.UUID(dossier)).submitter.name == "Đặng Thị Hai"
    assert ours.sync().proven
    ours.close()


def test_it_learns_what_the_server_sets_aside(client: SecondClient) -> None:
    client.act("note.added", {"text": "x"}, str(uuid.uuid4()))
    client.act("nothing.known", {}, str(uuid.uuid4()))
    client.push()
    assert client.have == 2
    assert client.refused[1] == "Chưa có hồ sơ này."
    assert "không đọc được" in client.refused[2]
    client.pull()
    assert client.is_proven()


def test_it_sends_a_page_and_goes_on_where_it_stopped(office: Office, client: SecondClient) -> None:
    [number, *_] = client.lease()
    dossier, image = str(uuid.uuid4()), picture(1, size=(400, 500))
    today = dt.datetime.now(VIETNAM).date()
    client.act("dossier.received", reception(AGENCY, today, number), dossier)
    page = {"page": str(uuid.uuid4()), "sha256": hashlib.sha256(image).hexdigest(),
            "size": len(image), "mime": "image/jpeg", "paper": "to-khai"}  # fmt: skip
    client.act("page.attached", page, dossier)
    client.push()
    assert client.send_page(image, stop_after=60_000) < len(image)
    assert client.send_page(image) == len(image)
    stored = list((office.settings.blobs / "pages").rglob(str(page["sha256"])))
    assert [path.read_bytes() for path in stored] == [image]


def test_it_is_stopped_when_its_store_forks(client: SecondClient) -> None:
    dossier = str(uuid.uuid4())
    for text in ("một", "hai"):
        client.act("note.added", {"text": text}, dossier)
    client.push()
    client.chain, client.have = client.chain[:1], 1
    client.act("note.added", {"text": "khác"}, dossier)
    with pytest.raises(Refused) as caught:
        client.push()
    assert (caught.value.type, caught.value.n) == ("forked", 2)


def test_its_clock_may_be_wrong(client: SecondClient) -> None:
    client.skew = dt.timedelta(days=-30)
    client.hello()
    assert abs(client.skew) < dt.timedelta(minutes=1)
