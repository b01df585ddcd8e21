"""The catalogue at the station: taken whole when signed and newer, else the last good one stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec
import pytest

from app.domain import sealing
from app.domain.wire import SignedCatalogue, catalogue_bytes
from app.models import catalogue as keeping
from app.models.catalogue import CatalogueRefused, NoCatalogue
from app.services import receipts
from tests.support.office import BICH, CATALOGUE, Counter, Office, running_office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
def counter(office: Office) -> Iterator[Counter]:
    counter = office.station()
    yield counter
    counter.close()


def _files(version: int) -> dict[str, str]:
    files = {path.name: path.read_text("utf-8") for path in CATALOGUE.glob("*.toml")}
    files["catalogue.toml"] = files["catalogue.toml"].replace("version = 1", f"version = {version}")
    return files


def _signed(
    office: Office, version: int, *, files: dict[str, str] | None = None, key: bytes = b""
) -> SignedCatalogue:
    payload = msgspec.json.encode({"version": version, "files": files or _files(version)}).decode()
    signature = sealing.sign(key or office.keys.signing, catalogue_bytes(payload)).hex()
    return SignedCatalogue(version=version, payload=payload, signature=signature)


def _keep(counter: Counter, signed: SignedCatalogue) -> None:
    with counter.database.writing() as session:
        keeping.keep(session, signed, counter.opened.station.province_key, counter.clock())


def _newest(counter: Counter) -> int:
    with counter.database.reading() as session:
        return keeping.newest_version(session)


def test_a_newer_signed_catalogue_is_taken_and_the_old_one_kept(
    counter: Counter, office: Office
) -> None:
    reception = counter.receive()
    _keep(counter, _signed(office, 2))
    counter.desk.reload_catalogue()

    assert counter.desk.catalogue().version == 2
    with counter.database.reading() as session:
        assert keeping.load_version(session, 1).version == 1
        assert keeping.load_version(session, 77).version == 2
    assert counter.fold(reception.dossier).catalogue == 1
    assert receipts.make_receipt(counter.desk, BICH, reception.dossier).pdf
    assert counter.fold(counter.receive().dossier).catalogue == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: _with(s, signature="00" * 64),
        lambda s: _with(s, signature="no hex"),
        lambda s: _with(s, signature=""),
        lambda s: _with(s, payload=s.payload.replace("Chứng thực", "Chứng thựcc", 1)),
        lambda s: _with(s, version=3),
    ],
)
def test_a_catalogue_that_was_touched_is_refused(
    counter: Counter, office: Office, spoil: object
) -> None:
    with pytest.raises(CatalogueRefused) as caught:
        _keep(counter, spoil(_signed(office, 2)))  # type: ignore[operator]

    assert "giữ nguyên" in caught.value.kept
    assert _newest(counter) == 1


def _with(signed: SignedCatalogue, **changes: object) -> SignedCatalogue:
    values = {"version": signed.version, "payload": signed.payload, "signature": signed.signature}
    return SignedCatalogue(**(values | changes))  # type: ignore[arg-type]


def test_a_catalogue_signed_by_somebody_else_is_refused(counter: Counter, office: Office) -> None:
    with pytest.raises(CatalogueRefused, match="chữ ký"):
        _keep(counter, _signed(office, 2, key=bytes(range(32))))


@pytest.mark.parametrize("version", [1, 0])
def test_an_old_version_never_comes_back(counter: Counter, office: Office, version: int) -> None:
    with pytest.raises(CatalogueRefused):
        _keep(counter, _signed(office, version))


def test_a_catalogue_with_a_fault_names_the_place_and_the_last_good_one_stays(
    counter: Counter, office: Office
) -> None:
    files = _files(2)
    files["chung-thuc.toml"] = files["chung-thuc.toml"].replace(
        'subject = "chung-thuc"', 'subject = "khong-co"', 1
    )
    with pytest.raises(CatalogueRefused, match=r"chung-thuc\.toml"):
        _keep(counter, _signed(office, 2, files=files))
    assert counter.desk.catalogue().version == 1


@pytest.mark.parametrize("payload", ["", "[]", "{}", '{"version": 2}', '{"version":2,"files":{}}'])
def test_a_signed_payload_that_is_none_is_refused(
    counter: Counter, office: Office, payload: str
) -> None:
    signature = sealing.sign(office.keys.signing, catalogue_bytes(payload)).hex()
    with pytest.raises(CatalogueRefused):
        _keep(counter, SignedCatalogue(version=2, payload=payload, signature=signature))


def test_without_any_catalogue_the_clerk_is_told_what_to_do(counter: Counter) -> None:
    counter.change("DELETE FROM catalogue")
    with counter.database.reading() as session, pytest.raises(NoCatalogue) as caught:
        keeping.load(session)
    assert "F5" in caught.value.advice


def test_an_agency_that_the_catalogue_does_not_name_is_said(counter: Counter) -> None:
    counter.clock.move(days=-800)
    with pytest.raises(NoCatalogue, match=r"H24\.15"):
        counter.desk.agency()
    counter.clock.move(days=800)
    assert counter.clock().year == dt.date(2026, 1, 1).year
