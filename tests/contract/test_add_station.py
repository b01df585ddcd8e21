"""`add-station` writes what the first-run wizard reads."""

from __future__ import annotations

from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from app.domain.enrolment import Invitation, read_invitation
from server.__main__ import main
from server.models.base import AgencyRow
from server.models.database import ServerDatabase

ADDRESS = "https://motcua.tinh.example"


@pytest.fixture
def server(tmp_path: Path) -> list[str]:
    """The beginning of every command."""
    url = f"sqlite:///{tmp_path / 'server.db'}"
    begin = ["--database", url, "--blobs", str(tmp_path / "blobs")]
    main([*begin, "init"])
    opened = ServerDatabase(url)
    with opened.writing() as session:
        session.add(AgencyRow(agency="H24.15", name="UBND phường Mẫu"))
    opened.close()
    return begin


def test_code_file_and_picture_say_the_same(server, tmp_path, capsys):
    ca = tmp_path / "ca.pem"
    ca.write_text("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n", "ascii")
    file, picture = tmp_path / "quay-1.json", tmp_path / "quay-1.png"
    capsys.readouterr()

    done = main([*server, "add-station", "H24.15", "Quầy 1", "--address", ADDRESS,
                 "--ca", str(ca), "--file", str(file), "--qr", str(picture)])  # fmt: skip

    code = capsys.readouterr().out.strip()
    assert done == 0
    expected = Invitation(server=ADDRESS, code=code, ca=ca.read_text("ascii"))
    assert read_invitation(file.read_text("utf-8")) == expected
    with Image.open(picture) as image:
        (found,) = zxingcpp.read_barcodes(image.convert("L"))
    assert read_invitation(found.text) == Invitation(server=ADDRESS, code=code)
    assert file.stat().st_mode & 0o077 == 0


def test_a_file_without_an_address_is_refused_before_a_code_is_made(server, tmp_path, capsys):
    done = main([*server, "add-station", "H24.15", "Quầy 1",
                 "--file", str(tmp_path / "x.json")])  # fmt: skip

    assert done != 0
    assert "--address" in capsys.readouterr().err
    assert not (tmp_path / "x.json").exists()
