"""How routes read messages, answer with them, and say so in the OpenAPI description."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
import zstandard
from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi

from app.domain import wire
from server.errors import PROBLEM_JSON, unreadable

T = TypeVar("T")
LARGEST = 2**53
JSON = "application/json"
_REF = "#/components/schemas/{name}"
_ALWAYS = (400, 401, 403, 413, 415, 422, 429, 503)
_DESCRIBED: set[type[Any]] = {wire.Problem}


def as_json(value: Any) -> Response:
    """Answer a message."""
    return Response(msgspec.json.encode(value), media_type=JSON)


def as_packed(data: bytes, accept: str, media_type: str = wire.JSON_LINES) -> Response:
    """Answer bytes, packed with zstd if the caller takes that."""
    if "zstd" in accept:
        packed = zstandard.ZstdCompressor(level=6).compress(data)
        return Response(packed, headers={"Content-Encoding": "zstd"}, media_type=media_type)
    return Response(data, media_type=media_type)


def read_message(data: bytes, kind: type[T]) -> T:
    """Return a request's message.

    Raises:
        ServerProblem: 400, it is not one.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(str(error)) from error


def says(
    gives: type[Any] | str | None = None,
    *,
    takes: type[Any] | str | None = None,
    status: int = 200,
    also: Sequence[int] = (),
    signed: bool = True,
) -> dict[str, Any]:
    """Return what a route tells of itself in the OpenAPI description.

    Args:
        gives: message of the answer, or its media type; None for no content.
        takes: message of the request, or its media type.
        status: of the answer.
        also: further problems, or answers without content below 400.
        signed: a station's signature is needed.
    """
    answers: dict[int | str, Any] = {status: _described("Done.", gives)}
    for code in sorted({*_ALWAYS, *also}):
        if code < 400:
            answers[code] = {"description": "Nothing to be told."}
        else:
            answers[code] = _described("A problem, RFC 9457.", wire.Problem, PROBLEM_JSON)
    extra: dict[str, Any] = {"security": [{"station": []}]} if signed else {"security": []}
    if takes is not None:
        extra["requestBody"] = {"required": True, "content": _content(takes, JSON)}
    return {
        "status_code": status,
        "response_class": Response,
        "responses": answers,
        "openapi_extra": extra,
    }


def _described(words: str, what: type[Any] | str | None, media_type: str = JSON) -> dict[str, Any]:
    found: dict[str, Any] = {"description": words}
    if what is not None:
        found["content"] = _content(what, media_type)
    return found


def _content(what: type[Any] | str, media_type: str) -> dict[str, Any]:
    if isinstance(what, str):
        return {what: {"schema": {"type": "string", "format": "binary"}}}
    _DESCRIBED.add(what)
    return {media_type: {"schema": {"$ref": _REF.format(name=what.__name__)}}}


def describe(app: FastAPI) -> None:
    """Let the application answer `/openapi.json` with the messages' own schemas."""

    def description() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(title=app.title, version=app.version, routes=app.routes)
            kinds = sorted(_DESCRIBED, key=lambda kind: kind.__name__)
            _, schemas = msgspec.json.schema_components(kinds, ref_template=_REF)
            _name_places(schemas)
            components = found.setdefault("components", {})
            components.setdefault("schemas", {}).update(schemas)
            components["securitySchemes"] = {
                "station": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "QMC-Station id, at, signature: docs/sync-protocol.md, 2.1",
                }
            }
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = description  # type: ignore[method-assign]


def _name_places(schema: Any) -> None:
    """Describe tuples in words that every OpenAPI tool reads: so many of these kinds."""
    parts = schema if isinstance(schema, list) else schema.values()
    for part in parts:
        if isinstance(part, (dict, list)):
            _name_places(part)
    if isinstance(schema, dict) and "prefixItems" in schema:
        schema["items"] = {"anyOf": schema.pop("prefixItems")}
