"""The counter's main job, whole: the demonstration is the test."""

import subprocess
import sys

import pytest

from scripts.office import ROOT


@pytest.mark.e2e
def test_the_counters_main_job_happens_on_real_parts():
    done = subprocess.run(
        [sys.executable, "-m", "scripts.demo"], cwd=ROOT, capture_output=True, text=True,
        check=False, timeout=600,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "All 13 steps happened" in done.stdout
    assert len(list((ROOT / "out").glob("receipt-*.pdf"))) == 2
