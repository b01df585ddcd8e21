"""Pages are cleaned in a process of their own: the same comes out, what goes wrong stays there."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from app.scanning import cleaner, cleaning
from app.scanning.cleaner import PageCleaner
from app.scanning.cleaning import Wish
from app.scanning.pictures import NotAPicture
from tests.support import pages as sheets
from tests.support.processes import wait_for


@pytest.fixture
def cleaned_beside() -> Iterator[PageCleaner]:
    one = PageCleaner()
    yield one
    one.close()


@pytest.fixture(scope="module")
def image() -> bytes:
    return sheets.as_jpeg(sheets.scanned(sheets.sheet(3), 3), grey=True)


def child_of(one: PageCleaner) -> psutil.Process:
    assert one._child is not None
    return psutil.Process(one._child.pid)


def test_the_child_makes_what_would_be_made_here_and_lives_on(cleaned_beside, image):
    first = cleaned_beside.derive(image, 200, Wish())
    pid = child_of(cleaned_beside).pid
    second = cleaned_beside.derive(image, 200, Wish(turned=90))

    assert first == cleaning.derive(image, 200, Wish())
    assert (second.width, second.height) == (first.height, first.width)
    assert child_of(cleaned_beside).pid == pid


def test_what_is_no_picture_is_refused_and_the_next_page_is_cleaned(cleaned_beside, image):
    with pytest.raises(NotAPicture):
        cleaned_beside.derive(b"\xff\xd8 no picture", 200, Wish())

    assert cleaned_beside.derive(image, 200, Wish()).image


def test_a_child_that_is_killed_over_a_page_costs_that_page_only(cleaned_beside, image):
    cleaned_beside.derive(image, 200, Wish())
    child_of(cleaned_beside).send_signal(signal.SIGSTOP)
    refused: list[Exception] = []

    def ask() -> None:
        try:
            cleaned_beside.derive(image, 200, Wish())
        except NotAPicture as error:
            refused.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.2)
    child_of(cleaned_beside).kill()
    asking.join(20)

    assert len(refused) == 1
    assert cleaned_beside.derive(image, 200, Wish()).image


def test_one_that_takes_too_long_is_ended(cleaned_beside, image, monkeypatch):
    cleaned_beside.derive(image, 200, Wish())
    monkeypatch.setattr(cleaner, "_PATIENCE_S", 0.3)
    child = child_of(cleaned_beside)
    child.send_signal(signal.SIGSTOP)

    with pytest.raises(NotAPicture):
        cleaned_beside.derive(image, 200, Wish())

    wait_for(lambda: not child.is_running(), 10, "the end of the child")


def test_without_a_child_the_page_is_cleaned_here(cleaned_beside, image, monkeypatch):
    monkeypatch.setattr(cleaner, "_command", lambda: ["/nowhere/at/all"])

    assert cleaned_beside.derive(image, 200, Wish()).image


def test_it_works_from_wherever_the_program_was_started(
    cleaned_beside, image, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)

    assert cleaned_beside.derive(image, 200, Wish()).image
    assert child_of(cleaned_beside).is_running(), "it was done in the child"


def test_where_the_child_cannot_work_the_page_is_cleaned_here(cleaned_beside, image, monkeypatch):
    monkeypatch.setattr(cleaner, "_command", lambda: [sys.executable, "-c", "raise SystemExit(3)"])

    assert cleaned_beside.derive(image, 200, Wish()) == cleaning.derive(image, 200, Wish())
    assert cleaned_beside._child is None


def test_the_child_ends_with_its_parent_and_comes_before_nobody(cleaned_beside, image):
    cleaned_beside.derive(image, 200, Wish())
    child = child_of(cleaned_beside)
    assert child.nice() > psutil.Process().nice()

    assert cleaned_beside._child is not None
    assert cleaned_beside._child.stdin is not None
    os.close(os.dup(cleaned_beside._child.stdin.fileno()))  # a copy is nothing to it
    assert child.is_running()
    cleaned_beside._child.stdin.close()

    wait_for(
        lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 10, "its end"
    )


def test_secrets_do_not_reach_the_child(cleaned_beside, image, monkeypatch):
    monkeypatch.setenv("QMC_PIN", "135790")
    cleaned_beside.derive(image, 200, Wish())

    assert "QMC_PIN" not in child_of(cleaned_beside).environ()


def test_nothing_is_started_after_the_end(image):
    one = PageCleaner()
    one.close()

    with pytest.raises(NotAPicture):
        one.derive(image, 200, Wish())
    assert one._child is None


def test_an_installed_program_starts_its_cleaner_by_an_argument(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)

    assert cleaner._command() == [sys.executable, cleaner.ARGUMENT]
