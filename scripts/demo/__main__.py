"""`make demo`: a whole day at the counter through the real window, on real parts.

Starts a server process, a virtual screen, a keyring, a scanner with a feeder
and a printer, all on this machine and in a temporary folder; plays keys into
the window; checks what came out. Leaves papers, screenshots, a contact sheet
and a table under out/, and fails if a step did not happen.

`--short` plays the counter's main job only, in thirteen steps; `--dossiers N`
plays the day with so many dossiers.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from scripts.demo import day, pictures, story
from scripts.demo.stage import OUT, ROOT, DidNotHappen, Story, play


def main() -> int:
    """Play; return 0 if all of it happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--dossiers", type=int, default=day.DOSSIERS)
    arguments = parser.parse_args()
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    told = Story()
    acts = story.play_on if arguments.short else partial(day.play_on, count=arguments.dossiers)
    failed = ""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qmc-demo-")))
        try:
            play(told, stack, folder, acts)
        except (DidNotHappen, RuntimeError) as error:
            failed = str(error)
    pictures.contact_sheet(OUT)
    table = told.table()
    (OUT / "demo.md").write_text(table, "utf-8")
    print("\n" + table)
    if failed:
        print(f"DID NOT HAPPEN: {failed}", file=sys.stderr)
        return 1
    print(f"All {len(told.rows)} steps happened. See {OUT.relative_to(ROOT)}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
