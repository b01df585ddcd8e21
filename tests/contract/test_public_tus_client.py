"""A tus client that others wrote uploads pages; only the signature is put on it on the way."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from tests.support.office import Bare, Office, picture, running_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with running_office(tmp_path / "office") as running:
        yield running


class Signer(ThreadingHTTPServer):
    """Signs what passes as a station; a fault may be played on a chosen PATCH."""

    def __init__(self, bare: Bare) -> None:
        super().__init__(("127.0.0.1", 0), _Signing)
        self.bare = bare
        self.seen: list[str] = []
        self.breaks_at = 0


class _Signing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server.seen.append(self.command)
        kept = {
            k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length")
        }
        if server.seen.count("PATCH") == server.breaks_at and self.command == "PATCH":
            server.breaks_at = 0
            self.close_connection = True  # the line breaks before anything arrived
            return
        answer = server.bare.ask(self.command, self.path, body, kept)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name == "location":
                value = f"http://127.0.0.1:{server.server_port}{value}"
            if name not in ("content-length", "date", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_POST = do_PATCH = do_HEAD = do_DELETE = do_OPTIONS = _pass_on

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def signer(office: Office) -> Iterator[Signer]:
    server = Signer(office.bare())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def uploader(signer: Signer, image: bytes, **more: Any) -> Any:
    client = TusClient(f"http://127.0.0.1:{signer.server_port}/v1/files")
    sha256 = hashlib.sha256(image).hexdigest()
    return client.uploader(
        file_stream=io.BytesIO(image), metadata={"sha256": sha256}, chunk_size=32_000, **more
    )


def stored(office: Office, image: bytes) -> bytes:
    [path] = (office.settings.blobs / "pages").rglob(hashlib.sha256(image).hexdigest())
    return path.read_bytes()


def test_it_uploads_in_chunks_with_checksums(office: Office, signer: Signer) -> None:
    image = picture(3, size=(400, 400))
    signer.bare.announce(image)
    uploader(signer, image, upload_checksum=True).upload()
    assert stored(office, image) == image
    assert signer.seen.count("PATCH") == -(-len(image) // 32_000)


def test_it_goes_on_where_the_line_broke(office: Office, signer: Signer) -> None:
    image = picture(4, size=(400, 400))
    signer.bare.announce(image)
    signer.breaks_at = 2
    broken = uploader(signer, image)
    with pytest.raises(TusCommunicationError):
        broken.upload()
    again = uploader(signer, image, url=broken.url)
    assert again.offset == 32_000
    again.upload()
    assert stored(office, image) == image


def test_it_is_refused_what_no_event_announced(signer: Signer) -> None:
    with pytest.raises(TusCommunicationError):
        uploader(signer, picture(5)).upload()
