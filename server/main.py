"""The server application; nothing happens at import."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from starlette.middleware.base import RequestResponseEndpoint

from app.domain import shapes
from server import errors
from server.deps import Parts
from server.models.database import ServerDatabase
from server.routes import files, public, sync
from server.services.catalogues import load_keys
from server.services.files import PageFolder
from server.settings import ServerSettings


def utc_now() -> dt.datetime:
    """Return the present moment."""
    return dt.datetime.now(dt.UTC)


def create_app(settings: ServerSettings, *, clock: Callable[[], dt.datetime] = utc_now) -> FastAPI:
    """Build the application of one process.

    Raises:
        OSError: `init` was not run with these settings.
    """
    shapes.learn()  # before requests come in several threads
    parts = Parts(
        settings=settings,
        database=ServerDatabase(settings.database, pool=settings.pool),
        keys=load_keys(settings.blobs),
        pages=PageFolder(settings.blobs),
        clock=clock,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        parts.database.close()

    app = FastAPI(
        title="Quầy Một Cửa — máy chủ", version="0.1.0", lifespan=lifespan,
        docs_url=None, redirect_slashes=False, redoc_url=None,
    )  # fmt: skip
    app.state.parts = parts
    errors.install(app, public.trouble)

    @app.middleware("http")
    async def stamp_time(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers["QMC-Server-Time"] = parts.clock().isoformat(timespec="seconds")
        return response

    for routes in (sync, files, public):
        app.include_router(routes.router)
    return app
