"""Page images over tus: resumed at the byte, checked whole, and granted to nobody else."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain import sealing, wire
from app.services import scanning
from app.settings import Settings
from app.sync import http, pages
from app.sync.http import ServerRefused, ServerUnreachable
from server.routes.chunks import SLOW_S
from tests.support.office import (
    BICH,
    OTHER_AGENCY,
    Answer,
    Bare,
    Counter,
    Office,
    picture,
    real_clock,
    running_office,
)
from tests.support.processes import wait_for


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with running_office(folder, database=request.param) as running:
        yield running


@pytest.fixture
def bare(office: Office) -> Bare:
    return office.bare()


def _stored(office: Office, sha256: str, agency: str = "H24.15") -> bytes | None:
    path = office.settings.blobs / "pages" / agency / sha256[:2] / sha256
    return path.read_bytes() if path.exists() else None


def _begun(bare: Bare, image: bytes, **more: object) -> tuple[str, str]:
    sha256 = bare.announce(image, **more)  # type: ignore[arg-type]
    answer = bare.create(sha256, len(image))
    assert answer.status == 201, answer
    assert answer.headers["upload-offset"] == "0"
    return sha256, answer.headers["location"]


def test_an_announced_page_is_stored_whole(office: Office, bare: Bare) -> None:
    image = picture(1)
    sha256, target = _begun(bare, image)

    first = bare.patch(target, 0, image[:1000])
    assert (first.status, first.headers["upload-offset"]) == (204, "1000")
    assert _stored(office, sha256) is None
    last = bare.patch(target, 1000, image[1000:])

    assert (last.status, last.headers["tus-resumable"]) == (204, "1.0.0")
    assert _stored(office, sha256) == image


def test_after_a_cut_it_goes_on_at_the_offset(office: Office, bare: Bare) -> None:
    image = picture(2)
    sha256, target = _begun(bare, image)
    bare.patch(target, 0, image[:5000])

    found = bare.progress(target)
    assert (found.status, found.headers["upload-offset"]) == (200, "5000")
    assert found.headers["upload-length"] == str(len(image))
    again = bare.create(sha256, len(image))
    assert again.headers["location"] == target
    assert again.headers["upload-offset"] == "5000"
    bare.patch(target, 5000, image[5000:])
    assert _stored(office, sha256) == image


def _head_of_patch(
    bare: Bare,
    target: str,
    offset: int,
    chunk: bytes,
    *,
    checksum: bool = True,
    signed: bool = True,
) -> bytes:
    """Return the head of a request for a chunk, as a station sends it."""
    at = bare.office.clock().astimezone(dt.UTC).isoformat(timespec="seconds")
    message = wire.request_bytes("PATCH", target, at, chunk)
    key = bare.signing if signed else bytes(32)
    lines = [
        f"PATCH {target} HTTP/1.1",
        "Host: localhost",
        "Tus-Resumable: 1.0.0",
        f"Upload-Offset: {offset}",
        "Content-Type: application/offset+octet-stream",
        f"Content-Length: {len(chunk)}",
        f'Authorization: QMC-Station id="{bare.station}", at="{at}", '
        f'signature="{sealing.sign(key, message).hex()}"',
    ]
    if checksum:
        digest = base64.b64encode(hashlib.sha256(chunk).digest()).decode()
        lines.append(f"Upload-Checksum: sha256 {digest}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _slowly(office: Office, head: bytes, *pieces: bytes) -> socket.socket:
    """Send a request in pieces with waits between, as a slow line brings it; leave it open."""
    line = socket.create_connection(("127.0.0.1", office.port), 10)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.sendall(head + pieces[0])
    for piece in pieces[1:]:
        time.sleep(1.5 * SLOW_S)
        line.sendall(piece)
    time.sleep(1.5 * SLOW_S)
    return line


def _begun_files(office: Office) -> list[Path]:
    return list((office.settings.blobs / "uploads").glob("*.begun/*"))


@pytest.mark.parametrize("ending", ["closed", "reset", "hanging"])
def test_what_came_of_a_chunk_that_broke_off_is_kept(
    office: Office, bare: Bare, ending: str
) -> None:
    image = picture(20 + len(ending))
    sha256, target = _begun(bare, image)
    bare.patch(target, 0, image[:1000])
    head = _head_of_patch(bare, target, 1000, image[1000:])
    line = _slowly(office, head, image[1000:3000], image[3000:4200])
    if ending == "reset":
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if ending != "hanging":
        line.close()

    found = bare.progress(target)
    assert (found.status, found.headers["upload-offset"]) == (200, "4200")
    last = bare.patch(target, 4200, image[4200:])
    assert (last.status, last.headers["upload-offset"]) == (204, str(len(image)))
    assert _stored(office, sha256) == image
    line.close()
    wait_for(lambda: not _begun_files(office), 10, "files of broken chunks to be gone")


def test_asking_for_the_upload_again_counts_what_came_too(office: Office, bare: Bare) -> None:
    image = picture(31)
    sha256, target = _begun(bare, image)
    line = _slowly(office, _head_of_patch(bare, target, 0, image), image[:700], image[700:900])
    again = bare.create(sha256, len(image))
    assert (again.headers["location"], again.headers["upload-offset"]) == (target, "900")
    line.close()


def test_a_writer_that_was_overtaken_changes_nothing(office: Office, bare: Bare) -> None:
    image = picture(32)
    sha256, target = _begun(bare, image)
    line = _slowly(office, _head_of_patch(bare, target, 0, image), image[:500], image[500:900])
    assert bare.progress(target).headers["upload-offset"] == "900"
    assert bare.patch(target, 900, image[900:2000]).status == 204

    line.sendall(image[900:])  # the old line comes back to life
    answer = line.recv(4096)
    line.close()
    assert answer.startswith(b"HTTP/1.1 409")
    assert bare.progress(target).headers["upload-offset"] == "2000"
    assert bare.patch(target, 2000, image[2000:]).status == 204
    assert _stored(office, sha256) == image


def test_the_longest_of_several_broken_chunks_counts(office: Office, bare: Bare) -> None:
    image = picture(33)
    _, target = _begun(bare, image)
    head = _head_of_patch(bare, target, 0, image)
    lines = [_slowly(office, head, image[:300], image[300:n]) for n in (800, 1500, 400)]
    assert bare.progress(target).headers["upload-offset"] == "1500"
    for line in lines:
        line.close()


@pytest.mark.parametrize("lacking", ["checksum", "signed"])
def test_nothing_is_kept_of_a_broken_chunk_that_no_station_vouched_for(
    office: Office, bare: Bare, lacking: str
) -> None:
    image = picture(34)
    _, target = _begun(bare, image)
    head = _head_of_patch(bare, target, 0, image, **{lacking: False})
    line = _slowly(office, head, image[:500], image[500:900])
    assert not _begun_files(office)
    line.close()
    assert bare.progress(target).headers["upload-offset"] == "0"


def test_broken_chunks_of_wrong_bytes_are_thrown_away_with_the_page(
    office: Office, bare: Bare
) -> None:
    image = picture(35)
    sha256, target = _begun(bare, image)
    head = _head_of_patch(bare, target, 0, image)
    _slowly(office, head, b"x" * 400, b"y" * 400).close()
    assert bare.progress(target).headers["upload-offset"] == "800"

    last = bare.patch(target, 800, image[800:])
    assert (last.status, last.problem["type"]) == (422, "wrong-content")
    assert bare.progress(target).headers["upload-offset"] == "0"
    assert bare.patch(target, 0, image).status == 204
    assert _stored(office, sha256) == image


def test_a_page_that_came_whole_over_broken_lines_is_stored_when_asked_for(
    office: Office, bare: Bare
) -> None:
    image = picture(36)
    sha256, target = _begun(bare, image)
    head = _head_of_patch(bare, target, 0, image + b"more")  # its end is only missing for `more`
    line = _slowly(office, head, image[:400], image[400:])
    assert bare.progress(target).headers["upload-offset"] == str(len(image))
    assert _stored(office, sha256) == image
    line.close()


def test_a_wrong_checksum_is_460_and_keeps_the_offset(bare: Bare) -> None:
    image = picture(3)
    _, target = _begun(bare, image)

    answer = bare.patch(target, 0, image[:100], Upload_Checksum="sha256 " + "A" * 43 + "=")

    assert (answer.status, answer.problem["type"]) == (460, "checksum")
    assert bare.progress(target).headers["upload-offset"] == "0"
    assert bare.patch(target, 0, image[:9], Upload_Checksum="md5 x").status == 400
    sha1 = "sha1 " + __import__("base64").b64encode(hashlib.sha1(image[:9]).digest()).decode()
    assert bare.patch(target, 0, image[:9], Upload_Checksum=sha1).status == 204


@pytest.mark.parametrize("offset", [1, 99, 10**15, -5])
def test_a_wrong_offset_is_409_and_changes_nothing(bare: Bare, offset: int) -> None:
    _, target = _begun(bare, picture(4))

    answer = bare.patch(target, offset, b"x" * 10)

    assert (answer.status, answer.problem["type"]) == (409, "wrong-offset")
    assert bare.progress(target).headers["upload-offset"] == "0"


def test_two_writers_at_one_offset_leave_one_true_page(office: Office, bare: Bare) -> None:
    image = picture(5)
    sha256, target = _begun(bare, image)
    answers: list[Answer] = []
    half = len(image) // 2

    def write(offset: int, chunk: bytes) -> None:
        answers.append(bare.patch(target, offset, chunk))

    for offset, chunk in ((0, image[:half]), (half, image[half:])):
        threads = [threading.Thread(target=write, args=(offset, chunk)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(answer.status for answer in answers) == [204] * 2 + [409] * 6
    assert _stored(office, sha256) == image


def test_bytes_that_are_not_the_announced_ones_are_thrown_away_and_begun_anew(
    office: Office, bare: Bare
) -> None:
    image = picture(6)
    sha256, target = _begun(bare, image)

    wrong = bare.patch(target, 0, picture(7)[: len(image)].ljust(len(image), b"\0"))

    assert (wrong.status, wrong.problem["type"]) == (422, "wrong-content")
    assert bare.progress(target).headers["upload-offset"] == "0"
    assert _stored(office, sha256) is None
    assert bare.patch(target, 0, image).status == 204
    assert _stored(office, sha256) == image


def test_a_png_announced_as_jpeg_is_refused(office: Office, bare: Bare) -> None:
    image = picture(8, kind="PNG")
    sha256, target = _begun(bare, image, mime="image/jpeg")

    assert bare.patch(target, 0, image).status == 422
    assert _stored(office, sha256) is None
    html = b"<html><script>alert(1)</script></html>"
    _, target = _begun(bare, html, mime="image/png")
    assert bare.patch(target, 0, html).status == 422


def test_a_page_nobody_announced_is_forbidden(office: Office, bare: Bare) -> None:
    image = picture(9)
    sha256 = hashlib.sha256(image).hexdigest()

    assert bare.create(sha256, len(image)).status == 403
    bare.announce(image)
    assert bare.create(sha256, len(image) + 1).status == 400
    assert bare.create(sha256, 0).status == 400
    assert bare.create(sha256, -1).status == 400
    assert bare.create("../../etc/passwd", 10).status == 400
    assert bare.create(sha256.upper(), len(image)).status == 400


def test_a_hash_grants_nothing_at_another_agency(office: Office, bare: Bare) -> None:
    image = picture(10)
    sha256, target = _begun(bare, image)
    stranger = office.bare(OTHER_AGENCY)

    assert stranger.create(sha256, len(image)).status == 403
    assert stranger.patch(target, 0, image).status == 404
    assert stranger.progress(target).status == 404
    bare.patch(target, 0, image)
    assert stranger.create(sha256, len(image)).status == 403
    colleague = office.bare()
    assert colleague.patch(target, 0, image).status == 404
    # the other agency announces the same bytes: it must send them itself
    stranger.announce(image)
    other = stranger.create(sha256, len(image))
    assert other.headers["upload-offset"] == "0"
    stranger.patch(other.headers["location"], 0, image)
    assert _stored(office, sha256, OTHER_AGENCY) == image


def test_what_the_agency_holds_already_is_not_sent_again(office: Office, bare: Bare) -> None:
    image = picture(11)
    sha256, target = _begun(bare, image)
    bare.patch(target, 0, image)
    colleague = office.bare()
    colleague.announce(image)

    answer = colleague.create(sha256, len(image))

    assert answer.headers["upload-offset"] == str(len(image))


def test_an_upload_that_was_left_lying_expires(office: Office, bare: Bare) -> None:
    image = picture(12)
    sha256, target = _begun(bare, image)
    bare.patch(target, 0, image[:100])
    office.clock.move(hours=73)
    try:
        assert bare.progress(target).status == 410
        assert bare.patch(target, 100, image[100:]).status == 410
        fresh = bare.create(sha256, len(image)).headers["location"]
        assert fresh != target
        assert bare.patch(fresh, 0, image).status == 204
    finally:
        office.clock.move(hours=-73)


def test_an_upload_can_be_given_up(bare: Bare) -> None:
    image = picture(13)
    _, target = _begun(bare, image)
    bare.patch(target, 0, image[:100])

    assert bare.ask("DELETE", target, b"", {"Tus-Resumable": "1.0.0"}).status == 204
    assert bare.progress(target).status == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus_Resumable": "0.2.2"}, 412),
        ({"Content_Type": "text/plain"}, 415),
        ({"Upload_Offset": "zwei"}, 422),
        ({"Upload_Offset": "9" * 400}, 409),
    ],
)
def test_a_patch_that_does_not_speak_tus_is_refused(
    bare: Bare, headers: dict[str, str], status: int
) -> None:
    _, target = _begun(bare, picture(14))
    names = {key.replace("_", "-"): value for key, value in headers.items()}
    sent = {
        "Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": "0",
    } | names  # fmt: skip

    answer = bare.ask("PATCH", target, b"abc", sent)

    assert answer.status in (status, 422), answer
    assert answer.problem["title"]


def test_more_than_the_announced_length_is_refused(bare: Bare) -> None:
    image = picture(15)
    _, target = _begun(bare, image)

    assert bare.patch(target, 0, image + b"x").status == 413
    assert bare.patch(target, 0, bytes(1024 * 1024 + 1)).status == 413


def test_the_server_says_what_it_can(office: Office) -> None:
    answer = office.ask("OPTIONS", "/v1/files")

    assert answer.headers["tus-version"] == "1.0.0"
    assert {"creation", "checksum", "termination", "expiration"} <= set(
        answer.headers["tus-extension"].split(",")
    )


def test_an_agency_that_used_up_its_room_is_told_so(tmp_path: Path) -> None:
    room = len(picture(1)) + 100
    with running_office(tmp_path / "office", page_quota_bytes=room) as office:
        counter = office.station()
        reception = counter.receive()
        for seed in (1, 2):
            page = scanning.keep_image(
                counter.desk, picture(seed), paper="ban-chinh", position=1, device="file"
            )
            scanning.attach_page(counter.desk, BICH, reception.dossier, page)
        with pytest.raises(ServerRefused, match="dung lượng"):
            counter.sync()
        assert counter.value("SELECT count(*) FROM page WHERE stored_at IS NULL") == 1
        counter.close()


# ---- the station's side --------------------------------------------------------------------------


def _with_page(office: Office, seed: int) -> tuple[Counter, str]:
    counter = office.station()
    reception = counter.receive()
    page = scanning.keep_image(
        counter.desk, picture(seed), paper="ban-chinh", position=1, device="file"
    )
    scanning.attach_page(counter.desk, BICH, reception.dossier, page)
    return counter, page.sha256


@pytest.mark.parametrize("broken_at", ["POST", "PATCH"])
def test_a_station_resumes_where_the_line_broke(
    office: Office, broken_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import app.sync.http as http
    import app.sync.pages as pages

    monkeypatch.setattr(pages, "CHUNK_BYTES", 4096)
    counter, sha256 = _with_page(office, 100 + len(broken_at))
    sent: list[tuple[str, int]] = []
    original = http.Connection.ask

    def breaking(
        self: http.Connection, method: str, target: str, body: bytes = b"",
        headers: dict[str, str] | None = None, **more: Any,
    ) -> http.Reply:  # fmt: skip
        reply = original(self, method, target, body, headers, **more)
        if target.startswith("/v1/files"):
            sent.append((method, len(body)))
            if len(sent) == (1 if broken_at == "POST" else 3):
                raise ServerUnreachable("cut")
        return reply

    monkeypatch.setattr(http.Connection, "ask", breaking)
    if broken_at == "POST":  # nothing had arrived: the line is gone
        with pytest.raises(ServerUnreachable):
            counter.sync()
    done = counter.sync()  # where something had, it goes on at once
    assert done.pages_waiting == 0

    image = _stored(office, sha256)
    assert image is not None
    assert sum(size for method, size in sent if method == "PATCH") == len(image)
    counter.close()


def test_a_station_whose_upload_expired_begins_again(office: Office) -> None:
    counter, sha256 = _with_page(office, 120)
    counter.sync(with_pages=False)
    connection = counter.connect()
    import app.sync.pages as pages

    waiting = pages.waiting_pages(counter.desk.store)
    pages._begin(counter.desk.store, connection, waiting[0])
    connection.close()
    office.clock.move(hours=80)
    try:
        counter.sync()
        done = counter.sync()
        assert done.pages_waiting == 0
        assert _stored(office, sha256) is not None
    finally:
        office.clock.move(hours=-80)
    counter.close()


def test_events_that_wait_are_sent_before_the_first_chunk(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter, sha256 = _with_page(office, 130)
    counter.sync(with_pages=False)
    waiting = counter.receive("Chen ngang").code
    original, there = pages._patch, []

    def patch(*given: Any) -> int:
        there.append(waiting in office.codes())
        return original(*given)

    monkeypatch.setattr(pages, "_patch", patch)
    engine = counter.opened.engine()
    assert engine.send_pages() == 1
    engine.close()

    assert there
    assert all(there)
    assert _stored(office, sha256) is not None
    counter.close()


def test_an_event_that_comes_while_pages_are_sent_does_not_wait_for_them(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = office.station()
    reception = counter.receive()
    for seed in range(3):
        page = scanning.keep_image(
            counter.desk, picture(seed, size=(500, 600)), paper="to-khai", position=1, device="file"
        )
        scanning.attach_page(counter.desk, BICH, reception.dossier, page)
    counter.sync(with_pages=False)
    sent: list[str] = []
    original, late = pages._patch, []

    def patch(*given: Any) -> int:
        offset = original(*given)
        sent.append("chunk")
        if len(sent) == 2:  # a clerk receives somebody in the middle of a page
            late.append(counter.receive("Người Đến Sau").code)
            deadline = time.monotonic() + 20
            while late[0] not in office.codes() and time.monotonic() < deadline:
                time.sleep(0.02)
            sent.append("event" if late[0] in office.codes() else "late")
        return offset

    monkeypatch.setattr(pages, "_patch", patch)
    done = counter.sync()

    assert sent.index("event") == 2
    assert sent.count("chunk") > 3
    assert done.pages == 3
    assert (done.waiting, done.pages_waiting) == (0, 0)
    counter.close()


def test_a_page_on_its_way_holds_still_within_a_chunk(office: Office) -> None:
    counter, sha256 = _with_page(office, 77)
    counter.sync(with_pages=False)
    size = len(counter.desk.store.blobs.get(sha256))
    line = counter.connect()
    line.keep_queue_short()
    asked: list[int] = []

    def pause() -> bool:
        asked.append(1)
        return False

    assert pages.send_pages(counter.desk.store, line, now=counter.clock, pause=pause) == 1
    line.close()
    chunks = -(-size // pages.CHUNK_BYTES)
    assert len(asked) > 5 * chunks  # far more often than once a chunk
    assert counter.value("SELECT count(*) FROM page WHERE is_own AND stored_at IS NULL") == 0
    counter.close()


class _Breaking:
    """A line to the office that swallows everything after so many bytes of each connection."""

    def __init__(self, port: int, *lives: int) -> None:
        self._port, self._lives = port, list(lives)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def close(self) -> None:
        self._listening.close()
        for one in self._open:
            one.close()

    def _serve(self) -> None:
        while True:
            try:
                ours, _ = self._listening.accept()
            except OSError:
                return
            theirs = socket.create_connection(("127.0.0.1", self._port))
            self._open += [ours, theirs]
            life = self._lives.pop(0) if self._lives else 10**9
            threading.Thread(target=self._carry, args=(ours, theirs, life), daemon=True).start()
            threading.Thread(target=self._carry, args=(theirs, ours, 10**9), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, life: int) -> None:
        try:
            while data := source.recv(4096):
                target.sendall(data[:life])
                life -= len(data[:life])
        except OSError:
            return


def test_a_station_goes_on_within_a_chunk_where_the_line_broke(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_STANDSTILL_S", 2 * SLOW_S)
    monkeypatch.setattr(http, "_LATE_S", 3 * SLOW_S)
    counter, sha256 = _with_page(office, 78)
    counter.sync(with_pages=False)
    size = len(counter.desk.store.blobs.get(sha256))
    breaking = _Breaking(office.port, 20_000, 25_000)
    opened, sent = counter.opened, []
    settings = replace(opened.settings, server=breaking.address)
    line = http.Connection(settings, opened.station.id, counter.desk.store.sign, counter.clock)
    line.keep_queue_short()
    original = pages._patch

    def patch(*given: Any) -> int:
        sent.append(given[2])
        return original(*given)

    monkeypatch.setattr(pages, "_patch", patch)
    assert pages.send_pages(counter.desk.store, line, now=counter.clock) == 1
    line.close()
    breaking.close()
    assert _stored(office, sha256) == counter.desk.store.blobs.get(sha256)
    assert sent[0] == 0
    assert 15_000 < sent[1] < 20_000 < 35_000 < sent[2] < 45_000 < size  # but for the heads
    counter.close()


def test_a_line_that_stands_still_for_a_while_does_not_cost_what_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "CONNECT_S", 0.2)
    body = bytes(400_000)
    taken: list[int] = []

    def serve(listening: socket.socket) -> None:
        peer, _ = listening.accept()
        with peer, peer.makefile("rb") as reader:
            while reader.readline() != b"\r\n":
                pass
            time.sleep(1)  # five times as long as reaching a server may take
            taken.append(len(reader.read(len(body))))
            peer.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        settings = Settings(profile_id="x", server=f"http://127.0.0.1:{listening.getsockname()[1]}")
        line = http.Connection(settings, None, lambda _: b"", real_clock())
        line.keep_queue_short()
        reply = line.ask("PATCH", "/v1/files/x", body, hold=lambda: False)
        line.close()

    assert reply.status == 204
    assert taken == [len(body)]
