"""From starting the program to the sign-in on screen, over bare Qt."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.result import Result, timed

BARE = "from PySide6.QtWidgets import QApplication; QApplication([])"
OURS = """
import sys
from pathlib import Path
from app.bootstrap import Joiner
from app.ui.application import Session, make_application
app = make_application()
session = Session(app, Joiner().open(Path(sys.argv[1])))
session.start()
while not session.sign_in_view.isVisible():
    app.processEvents()
app.processEvents()
import os
os._exit(0)
"""


def run(folder: Path, runs: int) -> list[Result]:
    """Start both in turns; the profile is the one the search was measured on."""
    profile = folder / "profile"
    bare, ours = [], []
    for _ in range(runs + 1):
        bare.append(timed(lambda: child(BARE)))
        ours.append(timed(lambda: child(OURS, str(profile))))
    bare, ours = bare[1:], ours[1:]  # the first run warms the files
    middle = statistics.median(bare)
    return [
        Result("bare Qt: import and QApplication, whole process", middle, "ms",
               "the limit itself", 1.0, runs),
        Result("start to sign-in, profile of the search, whole process",
               statistics.median(ours), "ms", "bare Qt in turn (to reach: 6)",
               statistics.median(ours) / middle, runs),
    ]  # fmt: skip


def child(code: str, *words: str) -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    subprocess.run(
        [sys.executable, "-c", code, *words], check=True, env=environment,
        cwd=Path(__file__).parent.parent, stderr=subprocess.DEVNULL,
    )  # fmt: skip
