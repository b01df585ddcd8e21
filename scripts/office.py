"""A sample office on this machine: a real server process and an enrolled station."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
AGENCY, AGENCY_NAME = "H24.15", "UBND phường Minh Tâm"
USER, USER_NAME = "bich", "Trần Thị Bích"
PASSWORD, PIN = "mot-cua-2026", "246135"
_READY_S = 30


@dataclass
class Office:
    """A server folder under `folder`; `serve` starts the process.

    Attributes:
        folder: everything of the server lies here.
        port: on loopback.
    """

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    def server(self, *words: str, given: str = "") -> str:
        """Run one server command; return what it printed."""
        command = [
            sys.executable, "-m", "server", "--database", f"sqlite:///{self.folder}/server.db",
            "--blobs", str(self.folder / "blobs"), "--port", str(self.port), *words,
        ]  # fmt: skip
        done = subprocess.run(
            command, cwd=ROOT, input=given, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"server {words[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    def set_up(self, catalogue: Path = ROOT / "resources" / "catalogue") -> None:
        """Make the tables, the agency, the catalogue and a user; once."""
        if (self.folder / "server.db").exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.server("init")
        self.server("add-agency", AGENCY, AGENCY_NAME)
        self.server("load-catalogue", str(catalogue))
        self.server(
            "add-user", AGENCY, USER, USER_NAME, "--roles",
            "reception returning cashier supervisor", given=PASSWORD + "\n",
        )  # fmt: skip

    def add_station(self, name: str = "Quầy 1") -> str:
        """Return a one-time enrolment code."""
        return self.server("add-station", AGENCY, name)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server", "--database", f"sqlite:///{self.folder}/server.db",
                 "--blobs", str(self.folder / "blobs"), "--port", str(self.port), "serve"],
                cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + _READY_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start: see {self.folder / 'server.log'}")
            time.sleep(0.1)

    def answers(self) -> bool:
        """Tell whether the server answers."""
        try:
            with urllib.request.urlopen(f"{self.address}/v1/time", timeout=2):
                return True
        except (OSError, urllib.error.URLError):
            return False

    def stop(self) -> None:
        """End the server process that was started here."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None


def workstation(
    profile: Path, *words: str, given: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one workstation command with --json."""
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), "--profile", str(profile), "--json", *words],
        cwd=ROOT, input=given, capture_output=True, text=True, check=False,
        env={**os.environ, **(env or {})},
    )  # fmt: skip


def must(done: subprocess.CompletedProcess[str], what: str) -> str:
    """Return a command's output.

    Raises:
        RuntimeError: it did not succeed.
    """
    if done.returncode:
        raise RuntimeError(f"{what}: {done.stdout}{done.stderr}".strip())
    return done.stdout


def enrol(office: Office, profile: Path, env: dict[str, str] | None = None) -> None:
    """Enrol a station and sign the sample clerk in, with a PIN."""
    code = office.add_station()
    must(workstation(profile, "enrol", "--server", office.address, "--code", code, env=env),
         "enrol")  # fmt: skip
    must(
        workstation(
            profile, "sign-in", "--user", USER, "--set-pin", given=f"{PASSWORD}\n{PIN}\n", env=env
        ),
        "sign-in",
    )


def synthetic_card(words: Sequence[str] = ("Nguyễn Thị Hồng Nhung", "01021990", "Nữ")) -> str:
    """Return the text of an ID-card QR of nobody (prefix 000)."""
    name, born, sex = words
    digit = "1" if sex == "Nữ" else "0"
    number = f"000{digit}{born[-2:]}{secrets.randbelow(10**6):06d}"
    return f"{number}||{name}|{born}|{sex}|Số 12, tổ 5, phường Minh Tâm, Hải Phòng|15042021"
