"""The peers, fetched on first use from npm and PyPI into a folder that git does not see."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent / ".peers"
NODE = {"pouchdb": "9.0.0", "express": "5.3.0", "express-pouchdb": "4.2.0"}
ANKI = "anki==26.9.3"


@dataclass(frozen=True, slots=True)
class Peers:
    """Where the peers lie: the folder with `node_modules`, Node, and Anki's Python."""

    node_folder: Path
    node: str
    anki: Path


def fetched() -> Peers:
    """Return the peers, fetching what is missing.

    Raises:
        FileNotFoundError: Node is not installed.
        subprocess.CalledProcessError: npm or PyPI did not deliver.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise FileNotFoundError("node and npm are missing: scripts/packages.sh bench")
    folder, python = ROOT / "node", ROOT / "anki" / "bin" / "python"
    wanted = [f"{name}@{version}" for name, version in NODE.items()]
    if _noted(folder) != " ".join(wanted):
        folder.mkdir(parents=True, exist_ok=True)
        _quietly([npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), *wanted])
        (folder / "wanted").write_text(" ".join(wanted), "utf-8")
    if _noted(ROOT / "anki") != ANKI:
        _quietly([sys.executable, "-m", "venv", "--clear", str(ROOT / "anki")])
        _quietly([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", ANKI])
        (ROOT / "anki" / "wanted").write_text(ANKI, "utf-8")
    return Peers(folder, node, python)


def _noted(folder: Path) -> str:
    note = folder / "wanted"
    return note.read_text("utf-8") if note.exists() else ""


def _quietly(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
        done.check_returncode()
