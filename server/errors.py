"""The catalogue of problems the server answers with (RFC 9457)."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.domain.wire import Problem
from server.models.database import CommitUnsure, is_passing

log = logging.getLogger("quaymotcua.server")
PROBLEM_JSON = "application/problem+json"
BUSY_S = 5


class ServerProblem(Exception):
    """An answer that says no, with words for people.

    Attributes:
        status: HTTP status.
        type: short name, stable; clients decide by it.
        n: number of the event it is about, 0 for none.
    """

    def __init__(
        self,
        status: int,
        type: str,
        title: str,
        detail: str = "",
        retry_after_s: int = 0,
        n: int = 0,
    ) -> None:
        super().__init__(f"{type}: {title}")
        self.status, self.type, self.title, self.detail = status, type, title, detail
        self.retry_after_s = retry_after_s
        self.n = n


def unreadable(detail: str) -> ServerProblem:
    """The request does not follow the protocol."""
    return ServerProblem(400, "unreadable", "Không đọc được yêu cầu.", detail)


def not_authentic(detail: str = "") -> ServerProblem:
    """Nobody known signed the request."""
    return ServerProblem(401, "not-authentic", "Máy này chưa được nhận ra.", detail)


def forbidden(detail: str) -> ServerProblem:
    """Known, but not entitled."""
    return ServerProblem(403, "forbidden", "Không được phép.", detail)


def not_found(title: str) -> ServerProblem:
    """There is no such thing here."""
    return ServerProblem(404, "not-found", title)


def too_large(detail: str) -> ServerProblem:
    """More bytes than are taken at once."""
    return ServerProblem(413, "too-large", "Gói gửi quá lớn.", detail)


def busy() -> ServerProblem:
    """The database is not to be had now; nothing was done, or it will be found done."""
    return ServerProblem(
        503, "busy", "Máy chủ đang bận.", "Gửi lại sau ít giây.", retry_after_s=BUSY_S
    )


def answer(problem: ServerProblem) -> Response:
    """Return the HTTP answer of a problem."""
    body = Problem(
        type=problem.type,
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        n=problem.n,
    )
    headers = {"Retry-After": str(problem.retry_after_s)} if problem.retry_after_s else {}
    return Response(
        msgspec.json.encode(body), problem.status, headers=headers, media_type=PROBLEM_JSON
    )


Handler = Callable[[Request, Any], Awaitable[Response]]
Page = Callable[[int, str], Response]


def install(app: FastAPI, page: Page) -> None:
    """Answer every failure as a problem; a bug gets a reference, never a traceback.

    Args:
        page: makes a page of HTTP status and words, for people who came with a browser.
    """

    def said(request: Request, problem: ServerProblem, words: str) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return page(problem.status, words)
        return answer(problem)

    async def of_problem(_: Request, error: ServerProblem) -> Response:
        return answer(error)

    async def of_http(request: Request, error: HTTPException) -> Response:
        title = "Không có địa chỉ hoặc cách gọi này."
        problem = ServerProblem(error.status_code, "http", title, str(error.detail))
        return said(request, problem, "Không có trang này. Mời tra cứu bằng hai mã dưới đây.")

    async def of_validation(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0] if error.errors() else {"loc": (), "msg": ""}
        place = ".".join(str(part) for part in first["loc"])
        return answer(
            ServerProblem(422, "unprocessable", "Không hiểu yêu cầu.", f"{place}: {first['msg']}")
        )

    async def of_bug(request: Request, error: Exception) -> Response:
        mark = uuid.uuid4().hex[:8]
        log.error(
            "unexpected %s at %s, reference %s",
            type(error).__name__, request.url.path, mark, exc_info=error,
        )  # fmt: skip
        bug = ServerProblem(500, "bug", "Máy chủ gặp sự cố.", f"Mã tham chiếu: {mark}")
        words = f"Máy chủ gặp sự cố, mời thử lại sau ít phút. Mã tham chiếu: {mark}."
        return said(request, bug, words)

    async def of_gone(request: Request, _: Exception) -> Response:
        log.info("the caller went away in the middle of %s", request.url.path)
        gone = answer(unreadable("yêu cầu đứt giữa chừng"))  # nobody is there to read it
        gone.headers["Connection"] = "close"
        return gone

    async def of_database(request: Request, error: Exception) -> Response:
        if not is_passing(error):
            return await of_bug(request, error)
        state = getattr(getattr(error, "orig", None), "sqlstate", None)
        log.warning("database busy: %s %s", type(error).__name__, state or "")
        return said(request, busy(), "Máy chủ đang bận, mời thử lại sau ít phút.")

    app.add_exception_handler(ClientDisconnect, of_gone)
    app.add_exception_handler(SQLAlchemyError, of_database)
    app.add_exception_handler(CommitUnsure, of_database)
    app.add_exception_handler(ServerProblem, of_problem)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, of_http)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, of_validation)  # type: ignore[arg-type]
    app.add_exception_handler(Exception, of_bug)
