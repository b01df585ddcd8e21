"""The server application; nothing happens at import."""

from __future__ import annotations

import datetime as dt
import gc
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from app.domain import shapes
from server import errors
from server.bells import Bells
from server.deps import Parts
from server.gate import Gate
from server.models.database import ServerDatabase
from server.routes import files, public, stations, sync
from server.routes.answers import describe
from server.services import catalogues, streams
from server.services.catalogues import load_keys
from server.services.files import PageFolder
from server.settings import ServerSettings

_YOUNG_OBJECTS = 20_000  # a push makes thousands that die with it
log = logging.getLogger(__name__)


def utc_now() -> dt.datetime:
    """Return the present moment."""
    return dt.datetime.now(dt.UTC)


def _warm_up(database: ServerDatabase) -> None:
    """Read what every push needs before the first one comes."""
    try:
        with database.reading() as session:
            catalogues.warm_up(session)
    except SQLAlchemyError:
        log.warning("the database did not answer at the start; requests will ask it again")


def _spare_collections() -> None:
    """Keep what was loaded out of garbage collections; for a process that only serves."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 20, 20)


def create_app(
    settings: ServerSettings,
    *,
    clock: Callable[[], dt.datetime] = utc_now,
    owns_process: bool = False,
) -> FastAPI:
    """Build the application of one process.

    Args:
        settings: of the server.
        clock: the present moment.
        owns_process: nothing else runs in it.

    Raises:
        OSError: `init` was not run with these settings.
    """
    shapes.learn()  # before requests come in several threads
    database = ServerDatabase(settings.database, pool=settings.pool)

    def lengths(agencies: Sequence[str]) -> dict[str, int]:
        with database.reading() as session:
            return streams.lengths(session, agencies)

    parts = Parts(
        settings=settings,
        database=database,
        keys=load_keys(settings.blobs),
        pages=PageFolder(settings.blobs),
        bells=Bells(lengths),
        clock=clock,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(_warm_up, database)
        if owns_process:
            _spare_collections()
        yield
        parts.database.close()

    app = FastAPI(
        title="Quầy Một Cửa — máy chủ", version="0.1.0", lifespan=lifespan,
        docs_url=None, redirect_slashes=False, redoc_url=None,
    )  # fmt: skip
    app.state.parts = parts
    errors.install(app, public.trouble)

    app.add_middleware(
        Gate,
        clock=clock,
        per_s=settings.requests_per_s,
        burst=settings.requests_burst,
        at_once=settings.requests_at_once,
        silence_s=settings.silence_s,
    )
    for routes in (sync, stations, files, public):
        app.include_router(routes.router)
    describe(app)
    return app
