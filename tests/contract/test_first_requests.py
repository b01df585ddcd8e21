"""Many threads meet the messages for the first time at the same moment: nothing crashes."""

from __future__ import annotations

import subprocess
import sys

from tests.support.office import ROOT
from tests.support.processes import bare_environment

STARTS = 12
PROGRAM = """
import sys, threading
import msgspec
from app.domain import fold, shapes
from app.domain.catalogue import BadCatalogue, read_catalogue
from app.domain.events import KINDS

shapes.learn()
sys.setswitchinterval(1e-6)
ready = threading.Barrier(8)

def read(i):
    ready.wait()
    for type_ in (fold.Dossier, *(kind.body for kind in KINDS.values()))[i % 2:]:
        try:
            msgspec.json.decode(b"{}", type=type_)
        except msgspec.ValidationError:
            pass
    try:
        read_catalogue({"a.toml": ""})
    except BadCatalogue:
        pass

threads = [threading.Thread(target=read, args=(i,)) for i in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_a_process_survives_its_first_requests() -> None:
    # without learn() about one start in three ended with a segmentation fault
    codes = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM], cwd=ROOT, env=bare_environment(ROOT), timeout=60,
            check=False, capture_output=True,
        ).returncode
        for _ in range(STARTS)
    ]  # fmt: skip

    assert codes == [0] * STARTS
