"""The counter's main job, and a day of it, whole: the demonstration is the test."""

import subprocess
import sys

import pytest

from scripts.office import ROOT


def played(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.demo", *options], cwd=ROOT, capture_output=True,
        text=True, check=False, timeout=1500,
    )  # fmt: skip


@pytest.mark.e2e
def test_the_counters_main_job_happens_on_real_parts():
    done = played("--short")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "All 13 steps happened" in done.stdout
    assert len(list((ROOT / "out").glob("receipt-*.pdf"))) == 2


@pytest.mark.e2e
def test_a_small_day_happens_from_the_first_card_to_the_seal():
    done = played("--dossiers", "12")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "KHỚP" in done.stdout
    assert (ROOT / "out" / "contact-sheet.png").exists()
