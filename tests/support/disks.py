"""Small disks that can be filled, and made read-only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.office import ROOT
from tests.support.processes import program


@contextmanager
def small_disk(folder: Path, size: str, *options: str) -> Iterator[Path]:
    """Mount a small disk; needs the rights of `may_mount`."""
    folder.mkdir()
    mount = [program("mount"), "-t", "tmpfs", "-o", ",".join([f"size={size}", *options])]
    subprocess.run([*mount, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run([program("umount"), "-l", str(folder)], check=True)


def may_mount(request: pytest.FixtureRequest) -> bool:
    """Tell whether disks can be mounted; else run the test where they can, and answer False."""
    if os.geteuid() == 0:
        return True
    inside = [program("unshare"), "--user", "--map-root-user", "--mount"]
    inside += [sys.executable, "-m", "pytest", "-q", request.node.nodeid]
    subprocess.run(inside, check=True, cwd=ROOT)
    return False
