"""What any sync is measured against: a server that checks nothing. Not part of the product."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg_pool
import uvicorn
import zstandard
from fastapi import FastAPI, Request

TABLE = "CREATE TABLE record (id uuid PRIMARY KEY, body jsonb NOT NULL)"


def make_app(address: str) -> FastAPI:
    """Return the application: `/batch` by COPY, `/one` by an insert each."""
    pool = psycopg_pool.AsyncConnectionPool(address, open=False, min_size=2, max_size=10)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with pool:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/batch")
    async def batch(request: Request) -> dict[str, int]:
        data = zstandard.ZstdDecompressor().decompress(await request.body(), 1 << 30)
        lines = data.splitlines()
        rows = b"".join(
            b"%s\t%s\n" % (line[7:43], line.replace(b"\\", b"\\\\")) for line in lines
        )  # a record begins {"id":"…36 characters…"
        async with pool.connection() as connection, connection.cursor() as cursor:  # noqa: SIM117
            async with cursor.copy("COPY record FROM STDIN") as copy:
                await copy.write(rows)
        return {"have": len(lines)}

    @app.post("/one")
    async def one(request: Request) -> dict[str, int]:
        line = await request.body()
        async with pool.connection() as connection:
            await connection.execute(
                "INSERT INTO record VALUES (%s, %s)", (line[7:43].decode(), line.decode())
            )
        return {"have": 1}

    return app


if __name__ == "__main__":
    uvicorn.run(
        make_app(sys.argv[1]), host=sys.argv[2], port=int(sys.argv[3]), log_level="warning",
        timeout_keep_alive=75,
    )  # fmt: skip
