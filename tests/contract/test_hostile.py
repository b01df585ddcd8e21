"""Hostile input over the socket: every answer is a refusal or a page, never a fault of ours."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import os
import socket
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
import zstandard
from hypothesis import strategies as st

from app.domain import wire
from tests.support.office import AGENCY, Answer, Bare, Office, running_office
from tests.support.processes import wait_for

FUZZ = hypothesis.settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
ROUTES = [
    ("GET", "/v1/time"),
    ("POST", "/v1/push"),
    ("GET", "/v1/pull"),
    ("GET", "/v1/digest"),
    ("GET", "/v1/stores/{id}/events"),
    ("POST", "/v1/stations/enrol"),
    ("POST", "/v1/codes/plan"),
    ("POST", "/v1/codes/lease"),
    ("GET", "/v1/catalogue"),
    ("POST", "/v1/auth/token"),
    ("GET", "/v1/auth/me"),
    ("POST", "/v1/files"),
    ("HEAD", "/v1/files/{id}"),
    ("PATCH", "/v1/files/{id}"),
    ("DELETE", "/v1/files/{id}"),
    ("GET", "/tra-cuu"),
    ("GET", "/hs/{id}"),
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with running_office(folder, database=request.param) as running:
        yield running


@pytest.fixture(scope="module")
def bare(office: Office) -> Bare:
    return office.bare()


def _harmless(answer: Answer) -> Answer:
    """Check that an answer is one of ours and gives nothing away."""
    assert answer.status < 500, answer
    for word in (b"Traceback", b'File "', b"sqlalchemy", b"psycopg", b"site-packages"):
        assert word not in answer.body, answer
    if answer.status >= 400 and answer.body:
        kind = answer.headers["content-type"]
        assert kind.startswith(("application/problem+json", "text/html")), answer
        if "problem" in kind:
            assert answer.problem["title"]
    return answer


# ---- bytes ---------------------------------------------------------------------------------------


def test_random_bytes_are_refused_everywhere(office: Office, bare: Bare) -> None:
    for method, route in ROUTES:
        for size in (1, 100, 20_000):
            target = route.format(id=uuid4())
            for packing in ("", "zstd", "gzip", "br", "identity", "zstd, gzip"):
                headers = {"Content-Encoding": packing} if packing else {}
                _harmless(bare.ask(method, target, os.urandom(size), headers))


@pytest.mark.parametrize("packing", ["zstd", "gzip"])
def test_a_bomb_is_stopped_at_the_limit(bare: Bare, packing: str) -> None:
    bomb = bytes(wire.MAX_UNPACKED_BYTES + 1)
    packed = zstandard.compress(bomb, 19) if packing == "zstd" else gzip.compress(bomb)

    answer = bare.ask("POST", "/v1/push", packed, {"Content-Encoding": packing})

    assert (answer.status, answer.problem["type"]) == (413, "too-large")
    many = zstandard.compress(bytes(1 << 30), 3) if packing == "zstd" else packed * 3
    _harmless(bare.ask("POST", "/v1/push", many, {"Content-Encoding": packing}))


def test_a_window_larger_than_ours_is_not_opened(bare: Bare) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, compression_level=3)
    packed = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = packed.compress(bytes(1000)) + packed.flush()

    assert bare.ask("POST", "/v1/push", data, {"Content-Encoding": "zstd"}).status == 400


@pytest.mark.parametrize("packing", ["zstd", "gzip"])
def test_a_cut_off_packing_is_refused(bare: Bare, packing: str) -> None:
    whole = zstandard.compress(os.urandom(500)) if packing == "zstd" else gzip.compress(b"x" * 500)
    for cut in range(0, len(whole), 7):
        _harmless(bare.ask("POST", "/v1/push", whole[:cut], {"Content-Encoding": packing}))


def test_too_much_at_once_is_refused(bare: Bare) -> None:
    assert bare.ask("POST", "/v1/push", os.urandom(wire.MAX_SINGLE_BYTES + 1)).status == 413
    assert bare.ask("POST", "/v1/codes/plan", b" " * 70_000).status == 413


# ---- JSON ----------------------------------------------------------------------------------------

DEEP = b"[" * 30_000
STRANGE = [
    b"",
    b"null",
    b"0",
    b"[]",
    b"{}",
    b"{",
    b'"\\ud800"',
    b"\xff\xfe\x00",
    b'{"a":1e999}',
    b'{"incarnation":"' + b"9" * 40 + b'"}',
    DEEP,
    b'{"a":' * 5000,
    b"-" * 1000,
    b"9" * 10_000,
]


@pytest.mark.parametrize("route", ["enrol", "plan", "lease", "token", "push"])
@pytest.mark.parametrize("body", STRANGE)
def test_strange_json_is_refused(bare: Bare, route: str, body: bytes) -> None:
    target = {
        "enrol": "/v1/stations/enrol", "plan": "/v1/codes/plan", "lease": "/v1/codes/lease",
        "token": "/v1/auth/token", "push": "/v1/push",
    }[route]  # fmt: skip

    assert _harmless(bare.ask("POST", target, body)).status == 400


@pytest.mark.parametrize(
    "number", [-1, 0, 2**31, 2**53 + 1, 2**63, 2**64, 10**30, 1.5, "1", None, True, 1e308]
)
@pytest.mark.parametrize("name", ["first", "count", "n", "v", "base"])
def test_numbers_out_of_range_are_refused_or_set_aside(bare: Bare, name: str, number: Any) -> None:
    event = bare.reception()
    head = {"first": event.n, "count": 1, "prev": event.prev.hex(), "head": event.hash.hex()}
    head |= {"protocol": 1, "store": str(bare.store), "signature": "00" * 64}
    envelope = {"n": event.n, "kind": event.kind, "v": 1, "at": event.at, "actor": "bich"}
    envelope["base"] = 0
    (head if name in head else envelope)[name] = number
    lines = [json.dumps(head).encode(), json.dumps(envelope).encode(), event.body]
    bare.n, bare.head = event.n - 1, event.prev

    _harmless(bare.push_bytes(b"\n".join(lines) + b"\n"))


@pytest.mark.parametrize(
    "query",
    [
        "after=-1", "after=9223372036854775808", "after=" + "9" * 300, "after=1.5", "after=x",
        "after=", "", "after=0&after=1", "after=%00", "after=%F0%28", "after=0%0d%0aX:1", "%=%",
    ],
)  # fmt: skip
def test_queries_out_of_range_are_refused(office: Office, bare: Bare, query: str) -> None:
    for target in (f"/v1/pull?{query}", f"/v1/stores/{bare.store}/events?{query}",
                   f"/v1/digest?{query.replace('after', 'upto')}"):  # fmt: skip
        assert _harmless(bare.ask("GET", target)).status in (200, 400, 401, 404, 422)


# ---- text ----------------------------------------------------------------------------------------

TEXTS = ["\0", "a\0b", "\x1b[2J", "\r\n", "\u202e", "\ufeff", "\U0010ffff", "￾", "' OR 1=1 --"]


@pytest.mark.parametrize("text", TEXTS)
def test_strange_letters_anywhere_in_an_event_are_kept_or_set_aside(
    office: Office, text: str
) -> None:
    bare = office.bare()
    person = {"name": f"Tên {text}", "id_number": text, "phone": text, "address": text}
    places: list[dict[str, Any]] = [
        {"submitter": person},
        {"code": f"H24.15-{text}"},
        {"code": f"T-{text}-{uuid4().hex[:6]}", "provisional": True},
        {"lookup": text},
        {"procedure": text},
        {"agency": text},
        {"summary": text, "fields": {text: text}},
        {"forms": text, "drawn_from": text, "check": text},
    ]
    for more in places:
        dossier = uuid4()
        kinds = [("dossier.received", bare.received(**more)), ("note.added", {"text": text})]
        answer = bare.push([bare.event(kind, body, dossier) for kind, body in kinds])
        assert _harmless(answer).status == 200
        code = more.get("code", "x")
        _harmless(office.ask("GET", "/tra-cuu", b"", {}))
        _harmless(_look(office, code, text))
    assert answer.json["have"] == bare.n
    reader = office.bare()
    after = 0
    while True:
        head, _ = wire.read_pull(reader.ask("GET", f"/v1/pull?after={after}").body)
        after = head.upto
        if not head.more:
            break


def _look(office: Office, code: str, lookup: str) -> Answer:
    from urllib.parse import quote

    return office.ask("GET", f"/tra-cuu?ma={quote(code)}&m={quote(lookup)}")


@pytest.mark.parametrize("text", TEXTS)
def test_strange_letters_in_an_envelope_are_refused_or_set_aside(office: Office, text: str) -> None:
    for name in ("kind", "at", "actor"):
        bare = office.bare()
        fields: dict[str, Any] = {"kind": "note.added"} | {name: text}
        kind = fields.pop("kind")
        answer = bare.push([bare.event(kind, {"text": "x"}, uuid4(), **fields)])
        assert _harmless(answer).status in (200, 400)
        if answer.status == 200:
            assert answer.json["quarantined"]


def test_names_that_lead_out_of_the_folder_lead_nowhere(office: Office, bare: Bare) -> None:
    before = {path for path in office.folder.rglob("*") if "server.db" not in path.name}
    up = base64.b64encode(b"../../../../tmp/out").decode()
    for metadata in (
        f"sha256 {up}", "sha256", "", "sha256 é", ",,,", f"a {up},sha256 {up}", "sha256 " + "A" * 7,
    ):  # fmt: skip
        headers = {"Upload-Length": "5", "Upload-Metadata": metadata, "Tus-Resumable": "1.0.0"}
        headers = {k: v.encode("latin-1").decode("latin-1") for k, v in headers.items()}
        assert _harmless(bare.ask("POST", "/v1/files", b"", headers)).status == 400
    for target in (
        "/v1/files/../../etc/passwd", "/v1/files/%2e%2e%2f", "/hs/../../v1/time",
        "/hs/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "//etc/passwd", "/hs/%00", "/..%5c..%5c",
        "/v1/stores/../events",
    ):  # fmt: skip
        for method in ("GET", "HEAD", "PATCH"):
            answer = _harmless(office.ask(method, target))
            assert b"root:" not in answer.body
    page = {"page": str(uuid4()), "sha256": "../" * 21 + "x", "size": 3, "mime": "image/png"}
    dossier = uuid4()
    answer = bare.push(
        [bare.reception(dossier), bare.event("page.attached", page | {"paper": "../x"}, dossier)]
    )
    assert len(answer.json["quarantined"]) == 1
    after = {path for path in office.folder.rglob("*") if "server.db" not in path.name}
    assert {p for p in after - before if "pg" not in p.parts} == set()


# ---- HTTP ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_wrong_methods_are_refused_plainly(office: Office, method: str) -> None:
    for _, route in ROUTES:
        answer = office.ask(method, route.format(id=uuid4()), b"x" if method == "PUT" else b"")
        _harmless(answer)


def _raw(office: Office, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", office.port), 10) as line:
        found = b""
        with contextlib.suppress(ConnectionError):  # whoever sends too much is cut off
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
            while chunk := line.recv(65536):
                found += chunk
    return found


@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 100,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /tra-cuu HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/push HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/push HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /v1/push HTTP/1.1\r\nHost: x\r\nContent-Length: \xb2\r\n\r\nxx",
        b"POST /v1/push HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /v1/push HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"
        b"\r\n0\r\n\r\n",
        b"GET /tra-cuu?ma=\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /hs/\xc3\x28 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/pull?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: \xff\x00\r\n\r\n",
    ],
)
def test_what_is_no_http_brings_nothing_down(office: Office, data: bytes) -> None:
    said = _raw(office, data)

    assert not said or int(said.split(b" ", 2)[1]) < 500, said
    assert b"Traceback" not in said
    assert office.ask("GET", "/v1/time").status == 200


def test_a_body_that_never_comes_holds_nobody_else_up(office: Office) -> None:
    lines = []
    for _ in range(20):
        line = socket.create_connection(("127.0.0.1", office.port), 10)
        line.sendall(b"POST /v1/push HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
        lines.append(line)
    assert office.ask("GET", "/v1/time").status == 200
    for line in lines:
        line.close()
    assert office.ask("GET", "/v1/time").status == 200


# ---- fuzz ----------------------------------------------------------------------------------------

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["code", "name", "incarnation", "key", "day", "username", "password"])
            | st.text(max_size=5),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


def test_any_json_to_any_route_is_answered(office: Office, bare: Bare) -> None:
    @FUZZ
    @hypothesis.given(st.sampled_from(ROUTES), _JSON, st.booleans())
    def ask(route: tuple[str, str], message: Any, signed: bool) -> None:
        method, target = route[0], route[1].format(id=uuid4())
        body = json.dumps(message).encode()
        headers = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
        ask_ = bare.ask if signed else office.ask
        _harmless(ask_(method, target, body, headers))

    ask()


def test_any_text_to_the_citizens_page_is_answered(office: Office) -> None:
    from urllib.parse import quote

    @FUZZ
    @hypothesis.given(st.text(max_size=90), st.text(max_size=45))
    def ask(code: str, lookup: str) -> None:
        words = quote(code.encode("utf-8", "surrogatepass"), safe="")
        m = quote(lookup.encode("utf-8", "surrogatepass"), safe="")
        for target in (f"/tra-cuu?ma={words}&m={m}", f"/hs/{words}?m={m}"):
            answer = _harmless(office.ask("GET", target))
            assert answer.status in (200, 303, 404, 405, 422, 429)

    ask()


def test_any_body_of_any_kind_is_kept_and_the_chain_goes_on(office: Office, bare: Bare) -> None:
    from app.domain.events import KINDS

    @FUZZ
    @hypothesis.given(
        st.lists(
            st.tuples(
                st.sampled_from(sorted(KINDS)),
                st.binary(max_size=60).filter(lambda raw: b"\n" not in raw)
                | _JSON.map(lambda value: json.dumps(value).encode()),
            ),
            min_size=1,
            max_size=4,
        )
    )
    def push(found: list[tuple[str, bytes]]) -> None:
        dossier = uuid4()
        sent = [bare.reception(dossier)]
        sent += [bare.event(kind, body, dossier) for kind, body in found]
        answer = _harmless(bare.push(sent))
        assert (answer.status, answer.json["have"]) == (200, bare.n)

    push()
    bodies = office.bodies(bare.store)
    assert len(bodies) == bare.n


def test_any_fields_of_a_reception_are_judged(office: Office, bare: Bare) -> None:
    @FUZZ
    @hypothesis.given(
        st.dictionaries(
            st.sampled_from(sorted(bare.received())), st.text(max_size=20) | st.integers() | _JSON,
            max_size=4,
        )
    )  # fmt: skip
    def push(more: dict[str, Any]) -> None:
        answer = _harmless(bare.push([bare.event("dossier.received", bare.received(**more),
                                                 uuid4())]))  # fmt: skip
        assert (answer.status, answer.json["have"]) == (200, bare.n)

    push()
    assert bare.agency == AGENCY


def test_a_caller_that_goes_away_in_the_middle_is_no_bug(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        with socket.create_connection(("127.0.0.1", office.port)) as line:
            line.sendall(b"POST /v1/push HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\nhalf")
            time.sleep(0.2)
        wait_for(lambda: "went away" in caplog.text, 10, "note of the caller that went away")
    assert "unexpected" not in caplog.text
    assert office.ask("GET", "/v1/time").status == 200
