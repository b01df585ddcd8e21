"""The catalogue's way: loaded and signed at the server, asked for by version, kept when good."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.domain import sealing
from app.domain.catalogue import BadCatalogue
from app.domain.wire import catalogue_bytes
from server.errors import ServerProblem
from server.services import catalogues
from tests.support.office import CATALOGUE, Office


def _folder(tmp_path: Path, version: int, **changes: tuple[str, str]) -> Path:
    folder = tmp_path / f"catalogue-{version}-{len(changes)}"
    shutil.copytree(CATALOGUE, folder)
    head = folder / "catalogue.toml"
    head.write_text(head.read_text("utf-8").replace("version = 1", f"version = {version}"), "utf-8")
    for name, (old, new) in changes.items():
        path = folder / f"{name.replace('_', '-')}.toml"
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    return folder


def _load(office: Office, folder: Path) -> int:
    with office.database.writing() as session:
        return catalogues.load_folder(session, folder, office.keys, office.clock()).version


def test_a_newer_catalogue_reaches_the_station_with_the_next_sync(
    office: Office, tmp_path: Path
) -> None:
    counter = office.station()
    assert counter.sync().catalogue == 1
    renamed = ("Chứng thực bản sao từ bản chính", "Chứng thực bản sao (mới)")
    _load(office, _folder(tmp_path, 2, chung_thuc=renamed))

    assert counter.sync().catalogue == 2

    counter.desk.reload_catalogue()
    reception = counter.receive()
    assert reception.procedure_name == "Chứng thực bản sao (mới)"
    assert counter.sync().quarantined == 0
    page = office.ask("GET", f"/hs/{reception.code}?m={reception.lookup}")
    assert "Chứng thực bản sao (mới)" in page.text
    counter.close()


def test_an_old_or_equal_version_is_not_loaded(office: Office, tmp_path: Path) -> None:
    _load(office, _folder(tmp_path, 5))
    for version in (5, 4):
        with pytest.raises(ServerProblem) as caught:
            _load(office, _folder(tmp_path / str(version), version))
        assert caught.value.status == 409


def test_a_folder_with_a_fault_is_not_loaded_at_all(office: Office, tmp_path: Path) -> None:
    with pytest.raises(BadCatalogue, match=r"ho-tich\.toml"):
        _load(office, _folder(tmp_path, 2, ho_tich=('subject = "ho-tich"', 'subject = "x"')))

    bare = office.bare()
    assert bare.ask("GET", "/v1/catalogue").json["version"] == 1


def test_it_is_signed_and_asked_for_by_version(office: Office) -> None:
    bare = office.bare()
    answer = bare.ask("GET", "/v1/catalogue")

    signed = answer.json
    message = catalogue_bytes(signed["payload"])
    assert sealing.is_signed(office.keys.public, bytes.fromhex(signed["signature"]), message)
    assert answer.headers["etag"] == '"1"'
    again = bare.ask("GET", "/v1/catalogue", b"", {"If-None-Match": '"1"'})
    assert (again.status, again.body) == (304, b"")
    assert bare.ask("GET", "/v1/catalogue", b"", {"If-None-Match": '"0"'}).status == 200


def test_a_catalogue_spoilt_on_the_way_is_named_and_the_station_goes_on(
    office: Office,
) -> None:
    counter = office.station()
    office.change("UPDATE catalogue SET version = 2, signature = :s", s="00" * 64)

    done = counter.sync()

    assert done.catalogue == 1
    assert "chữ ký" in done.notice
    assert counter.receive().code
    counter.close()


def test_a_dossier_of_a_catalogue_the_server_never_had_is_kept_and_named(
    office: Office,
) -> None:
    counter = office.station()
    reception = counter.receive()
    office.change("UPDATE catalogue SET version = 9")

    done = counter.sync()

    assert (done.quarantined, done.waiting) == (1, 0)
    assert reception.code not in office.codes()
    counter.close()
