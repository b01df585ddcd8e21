"""The citizens' status page: server-rendered, no JavaScript, no names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape

from server.deps import Parts, PartsDep
from server.services import status

router = APIRouter()
_PAGE: dict[str, Any] = {"content": {"text/html": {"schema": {"type": "string"}}}}
_PAGES: dict[int | str, dict[str, Any]] = {
    code: {"description": "The look-up page, with words.", **_PAGE} for code in (404, 422, 429, 503)
}
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    autoescape=select_autoescape(),
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def _page(name: str, status_code: int = 200, **values: object) -> Response:
    html = _TEMPLATES.get_template(name).render(**values)
    return HTMLResponse(html, status_code, headers=_HEADERS)


def trouble(status_code: int, words: str) -> Response:
    """Return the look-up page with words on what went wrong."""
    return _page("tra-cuu.html", status_code, code="", problem=words)


@router.get("/", include_in_schema=False)
def root() -> Response:
    """Lead to the look-up page."""
    return RedirectResponse("/tra-cuu", 303)


@router.get("/tra-cuu", response_class=HTMLResponse, responses=_PAGES)
def look_up(
    parts: PartsDep,
    request: Request,
    ma: str = "",
    m: str = "",
) -> Response:
    """Ask for code and look-up code; answer how the dossier stands."""
    if not ma:
        return _page("tra-cuu.html", code="", problem="")
    return _answer(parts, request, ma, m)


@router.get("/hs/{code}", response_class=HTMLResponse, responses=_PAGES)
def by_qr(parts: PartsDep, request: Request, code: str, m: str = "") -> Response:
    """Answer how the dossier on a receipt's QR stands."""
    if not m:
        return _page("tra-cuu.html", code=code[:80], problem="")
    return _answer(parts, request, code, m)


def _answer(parts: Parts, request: Request, code: str, lookup: str) -> Response:
    now = parts.clock()
    try:
        with parts.database.writing() as session:
            found = status.look_up(session, code[:80], lookup[:40], _address(parts, request), now)
    except status.TooManyGuesses:
        problem = (
            "Đã tra cứu sai quá nhiều lần trong hôm nay. Mời quay lại ngày mai, hoặc hỏi tại quầy."
        )
        return _page("tra-cuu.html", 429, code="", problem=problem)
    if found is None:
        problem = (
            "Mã hồ sơ và mã tra cứu chưa khớp. Xem lại hai mã trên giấy tiếp nhận: "
            "mã tra cứu có 8 ký tự, không có số 0, số 1, chữ I và chữ O."
        )
        return _page("tra-cuu.html", 404, code=code[:80], problem=problem)
    return _page("ho-so.html", found=found, now=now)


def _address(parts: Parts, request: Request) -> str:
    forwarded = request.headers.get("x-forwarded-for", "")
    if parts.settings.trusts_proxy and forwarded:
        return forwarded.rpartition(",")[2].strip()
    return request.client.host if request.client else "?"
