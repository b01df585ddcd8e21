"""Whatever anybody sends, the server answers as its OpenAPI description says, never with a 5xx."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from requests.auth import AuthBase
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.domain import sealing, wire
from tests.support.office import Bare, Office, running_office

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
EXAMPLES = settings(
    max_examples=20,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@schemathesis.serializer(wire.JSON_LINES, "application/offset+octet-stream")
def as_it_is(_: Any, value: Any) -> bytes:
    """Send bytes as they were made up."""
    return value if isinstance(value, bytes) else str(value).encode()


class Signed(AuthBase):
    """Signs what is sent, whatever it is, as an enrolled station."""

    def __init__(self, bare: Bare) -> None:
        self.bare = bare

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header."""
        parts = urlsplit(request.url or "")
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        body = request.body or b""
        raw = body if isinstance(body, bytes) else str(body).encode()
        at = self.bare.office.clock().astimezone(dt.UTC).isoformat(timespec="seconds")
        message = wire.request_bytes(request.method or "", target, at, raw)
        signature = sealing.sign(self.bare.signing, message).hex()
        value = f'QMC-Station id="{self.bare.station}", at="{at}", signature="{signature}"'
        request.headers["Authorization"] = value
        return request


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with running_office(folder, requests_per_s=10_000, requests_burst=100_000) as running:
        yield running


@pytest.fixture(scope="module")
def schema(office: Office) -> Any:
    return schemathesis.openapi.from_url(f"{office.address}/openapi.json")


def test_the_description_names_every_call_of_the_protocol(office: Office) -> None:
    described = office.ask("GET", "/openapi.json").json
    calls = {(m.upper(), path) for path, found in described["paths"].items() for m in found}
    assert calls >= {
        ("POST", "/v1/hello"), ("POST", "/v1/push"), ("GET", "/v1/pull"), ("GET", "/v1/snapshot"),
        ("GET", "/v1/snapshot/{number}"), ("GET", "/v1/digest"), ("POST", "/v1/proofs"),
        ("POST", "/v1/courier"), ("GET", "/v1/catalogue"), ("POST", "/v1/stations/enrol"),
        ("POST", "/v1/codes/lease"), ("POST", "/v1/codes/plan"), ("POST", "/v1/auth/token"),
        ("GET", "/v1/stores/{store}/events"), ("PATCH", "/v1/files/{id}"),
    }  # fmt: skip
    for path, found in described["paths"].items():
        if path.startswith("/v1"):
            for call in found.values():
                assert {"400", "401", "429", "503"} <= set(call["responses"])


@pytest.mark.parametrize("is_signed", [True, False])
def test_no_request_gets_a_5xx_or_an_answer_outside_the_description(
    office: Office, schema: Any, is_signed: bool
) -> None:
    auth = Signed(office.bare()) if is_signed else None
    failures: list[str] = []
    played: dict[str, int] = {}
    for found in schema.get_all_operations():
        operation = found.ok()

        @EXAMPLES
        @given(case=operation.as_strategy())
        def play(case: Any) -> None:
            played[case.operation.label] = played.get(case.operation.label, 0) + 1
            case.call_and_validate(auth=auth, checks=CHECKS, timeout=30)

        try:
            play()
        except (FailureGroup, Failure) as error:
            failures.append(f"{operation.label}: {error}"[:600])
    assert len(played) >= 20
    assert not failures, "\n\n".join(failures)
