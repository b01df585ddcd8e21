"""Serve with one process or several that share the port."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
import socket
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from server.main import create_app
from server.settings import ServerSettings

SETTINGS = "QMC_SERVER_SETTINGS"  # an environment is read by its own user only


def serve(
    settings: ServerSettings,
    *,
    host: str,
    port: int,
    workers: int,
    tls_key: Path | None,
    tls_cert: Path | None,
) -> None:
    """Answer until told to stop.

    Args:
        settings: of every process.
        host: address to listen on.
        port: TCP port.
        workers: processes; one that dies is started anew.
        tls_key: PEM file.
        tls_cert: PEM file, whole chain.
    """
    options: dict[str, Any] = {
        "host": host,
        "port": port,
        "ssl_keyfile": tls_key,
        "ssl_certfile": tls_cert,
        "log_level": "warning",
        "server_header": False,
        "timeout_keep_alive": 75,
        "timeout_graceful_shutdown": 5,  # stations may wait for news
    }
    if workers == 1:
        _log()
        uvicorn.run(create_app(settings, owns_process=True), **options)
        return
    os.environ[SETTINGS] = write_settings(settings)
    config = uvicorn.Config("server.workers:app", factory=True, workers=workers, **options)
    listener = config.bind_socket()
    # What is accepted inherits it; without it each answer waits for the client's delayed ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    Multiprocess(config, sockets=[listener]).run()


def app() -> FastAPI:
    """Build the application of one worker from what its parent left in the environment."""
    _log()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    return create_app(read_settings(os.environ[SETTINGS]), owns_process=True)


def _end_with(parent: Any) -> None:
    """Stop when the parent was killed: an orphan would hold the port and serve old code."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _log() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")


def write_settings(settings: ServerSettings) -> str:
    """Return settings as JSON."""
    return json.dumps(asdict(settings) | {"blobs": str(settings.blobs)})


def read_settings(text: str) -> ServerSettings:
    """Return settings from JSON."""
    values = json.loads(text)
    return ServerSettings(**values | {"blobs": Path(values["blobs"])})
