"""Pages that wait: ordered, turned, dropped and had back; nothing is lost or overwritten."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.bootstrap import open_workstation
from app.domain.page_quality import Mark
from app.domain.pages import WHOLE, Crop, Note, Origin
from app.errors import AppError
from app.models.problems import DiskFull
from app.scanning.driver import ScannedPage
from app.services import digitised, drafts, intake, page_care, scan_places, scanning, waiting_pages
from app.services.digitised import How
from app.services.scanning import NotAPage, SecretPaper
from tests.support import pages as sheets
from tests.support.disks import may_mount, small_disk
from tests.support.office import BICH, ROOT, Counter, copies_entry, picture, running_office


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with running_office(tmp_path_factory.mktemp("office")) as office:
        counter = office.station()
        yield counter
        counter.close()


def take(
    counter: Counter, waiting_for: UUID, seed: int, paper: str = "ban-chinh", **more: object
) -> UUID:
    page = ScannedPage(picture(seed), "test:0")
    return waiting_pages.take_in(
        counter.desk, page, waiting_for=waiting_for, paper=paper, **more  # type: ignore[arg-type]
    ).page  # fmt: skip


def order(counter: Counter, waiting_for: UUID) -> list[UUID]:
    found = waiting_pages.waiting(counter.desk, waiting_for)
    assert [page.position for page in found] == list(range(1, len(found) + 1))
    return [page.page for page in found]


def test_pages_are_put_behind_before_and_in_place_of_others(counter: Counter) -> None:
    draft = uuid4()
    a, b, c = (take(counter, draft, seed) for seed in (1, 2, 3))

    between = take(counter, draft, 4, after=a)
    instead = take(counter, draft, 5, "khac", in_place_of=b)

    assert order(counter, draft) == [a, between, instead, c]
    assert waiting_pages.waiting(counter.desk, draft)[2].paper == "ban-chinh"
    assert waiting_pages.count_dropped(counter.desk, draft) == 1
    waiting_pages.move(counter.desk, c, -1)
    assert order(counter, draft) == [a, between, c, instead]
    waiting_pages.move(counter.desk, a, -1)
    waiting_pages.move(counter.desk, instead, 5)
    assert order(counter, draft) == [a, between, c, instead]


def test_every_change_is_taken_back_and_the_original_is_never_touched(counter: Counter) -> None:
    draft = uuid4()
    a, b = take(counter, draft, 10), take(counter, draft, 11)
    before = waiting_pages.states(counter.desk, draft)
    shown = waiting_pages.waiting(counter.desk, draft)

    waiting_pages.turn(counter.desk, a)
    waiting_pages.cut(counter.desk, a, Crop(0.1, 0.1, 0.9, 0.8))
    waiting_pages.clean(counter.desk, a, False)
    waiting_pages.note(counter.desk, b, Note.WITH)
    waiting_pages.assign(counter.desk, [a], "khac")
    waiting_pages.move(counter.desk, a, 1)
    waiting_pages.drop(counter.desk, b)
    assert order(counter, draft) == [a]

    waiting_pages.restore(counter.desk, before)

    assert waiting_pages.waiting(counter.desk, draft) == shown
    originals = {hashlib.sha256(picture(seed)).hexdigest() for seed in (10, 11)}
    assert {page.sha256 for page in shown} == originals
    for sha256 in originals:
        assert hashlib.sha256(counter.desk.store.blobs.get(sha256)).hexdigest() == sha256


def test_four_turns_are_none_and_a_part_turns_with_its_page(counter: Counter) -> None:
    draft = uuid4()
    page = take(counter, draft, 12)
    part = Crop(0.1, 0.2, 0.9, 0.7)
    waiting_pages.cut(counter.desk, page, part)

    for degrees in (90, 180, 270, 0):
        waiting_pages.turn(counter.desk, page)
        assert waiting_pages.waiting(counter.desk, draft)[0].turned == degrees

    back = waiting_pages.waiting(counter.desk, draft)[0].crop
    assert all(
        abs(getattr(back, edge) - getattr(part, edge)) < 1e-9
        for edge in ("left", "top", "right", "bottom")
    )
    waiting_pages.cut(counter.desk, page, WHOLE)
    assert waiting_pages.waiting(counter.desk, draft)[0].crop.is_whole


def test_a_cleaned_page_is_what_is_attached_and_its_original_is_named(counter: Counter) -> None:
    reception = counter.receive()
    image = sheets.as_jpeg(sheets.scanned(sheets.sheet(1), 1), grey=True)
    waiting_pages.take_in(
        counter.desk,
        ScannedPage(image, "escl:http://x", Origin.SCANNED, "front"),
        waiting_for=reception.dossier,
        paper="ban-chinh",
    )
    assert page_care.care_for_all(counter.desk, reception.dossier) == 1

    (attached,) = waiting_pages.keep(counter.desk, BICH, reception.dossier)

    sent = counter.desk.store.blobs.get(attached.sha256)
    assert (attached.mime, attached.size) == ("image/tiff", len(sent))
    assert len(sent) * 5 < len(image)
    assert attached.original == hashlib.sha256(image).hexdigest()
    assert attached.original_size == len(image)
    assert counter.desk.store.blobs.get(attached.original) == image
    assert (attached.side, attached.origin, attached.turned) == ("front", "scanned", 0)
    assert waiting_pages.waiting(counter.desk, reception.dossier) == ()
    counter.sync()
    (stored,) = (counter.office.settings.blobs / "pages").rglob(attached.sha256)
    assert stored.read_bytes() == sent
    assert not list((counter.office.settings.blobs / "pages").rglob(attached.original))
    assert counter.sync().pages_waiting == 0


def test_a_page_nobody_cared_for_yet_is_attached_as_it_came(counter: Counter) -> None:
    reception = counter.receive()
    page = take(counter, reception.dossier, 20)
    waiting_pages.turn(counter.desk, page)

    (attached,) = waiting_pages.keep(counter.desk, BICH, reception.dossier)

    assert attached.sha256 == hashlib.sha256(picture(20)).hexdigest()
    assert (attached.original, attached.turned) == ("", 90)


def test_care_for_an_older_wish_is_thrown_away(counter: Counter, monkeypatch) -> None:
    draft = uuid4()
    page = take(counter, draft, 21)
    derive = page_care.cleaning.derive

    def slow(*given: object, **more: object) -> object:
        waiting_pages.turn(counter.desk, page)
        return derive(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(page_care.cleaning, "derive", slow)
    assert page_care.care_for(counter.desk, page) is False
    monkeypatch.undo()
    assert waiting_pages.waiting(counter.desk, draft)[0].derived == ""
    assert page_care.care_for(counter.desk, page) is True


def test_dropped_pages_are_not_attached_and_positions_have_no_holes(counter: Counter) -> None:
    draft = uuid4()
    pages = [take(counter, draft, seed, paper) for seed, paper in
             ((30, "ban-chinh"), (31, "khac"), (32, "ban-chinh"), (33, "ban-chinh"))]  # fmt: skip
    waiting_pages.drop(counter.desk, pages[0])

    reception = counter.receive(draft=draft)

    folded = counter.fold(reception.dossier)
    assert [(p.paper, p.position) for p in folded.pages] == [
        ("khac", 1), ("ban-chinh", 1), ("ban-chinh", 2),
    ]  # fmt: skip
    assert counter.value("SELECT count(*) FROM pending_page WHERE draft = :d", d=draft.hex) == 0


def test_a_page_without_a_paper_is_named_and_everything_waits_on(counter: Counter) -> None:
    reception = counter.receive()
    take(counter, reception.dossier, 40)
    take(counter, reception.dossier, 41, waiting_pages.NO_PAPER)

    with pytest.raises(AppError) as caught:
        waiting_pages.keep(counter.desk, BICH, reception.dossier)

    assert "Trang 2" in caught.value.title
    assert caught.value.kept
    assert len(waiting_pages.waiting(counter.desk, reception.dossier)) == 2
    assert counter.fold(reception.dossier).pages == ()


@pytest.fixture
def secret(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make the second paper of certified copies secret, in the catalogue at hand."""
    catalogue = counter.desk.catalogue()
    procedures = []
    for procedure in catalogue.procedures:
        if procedure.short == "ctbs":
            papers = tuple(
                replace(paper, is_secret=i == 0) for i, paper in enumerate(procedure.papers)
            )
            procedure = replace(procedure, papers=papers)
            key = papers[0].key
        procedures.append(procedure)
    monkeypatch.setattr(
        counter.desk, "_catalogue", replace(catalogue, procedures=tuple(procedures))
    )
    return key


def test_a_secret_paper_is_scanned_nowhere(counter: Counter, secret: str) -> None:
    reception = counter.receive()
    before = counter.value("SELECT count(*) FROM pending_page")
    image = ScannedPage(picture(50), "x")
    desk = counter.desk

    with pytest.raises(SecretPaper) as caught:
        waiting_pages.take_in(desk, image, waiting_for=reception.dossier, paper=secret)
    assert "TT 01/2023" in caught.value.advice
    assert not desk.store.blobs.path(hashlib.sha256(image.image).hexdigest()).exists()
    other = take(counter, reception.dossier, 51, "khac")
    with pytest.raises(SecretPaper):
        waiting_pages.assign(desk, [other], secret)
    kept = scanning.keep_image(desk, picture(52), paper=secret, position=1, device="file")
    with pytest.raises(SecretPaper):
        scanning.attach_page(desk, BICH, reception.dossier, kept)
    draft = uuid4()
    drafts.save(desk, BICH, draft, {"procedure": "ctbs"})
    take_ordinary = take(counter, draft, 53, "khac")
    with pytest.raises(SecretPaper):
        waiting_pages.assign(desk, [take_ordinary], secret)
    scanning.assign(desk, take_ordinary, secret)  # by an older program, before it was secret
    with pytest.raises(SecretPaper):
        intake.receive(desk, BICH, copies_entry(draft=draft))
    assert counter.value("SELECT count(*) FROM pending_page") == before + 2
    place = scan_places.of_dossier(desk, reception.dossier)
    assert next(slot for slot in place.papers if slot.key == secret).is_secret


def test_a_sheet_with_a_note_asks_for_its_second_image(counter: Counter) -> None:
    draft = uuid4()
    with_note, without, plain = (take(counter, draft, seed) for seed in (60, 61, 62))
    waiting_pages.note(counter.desk, with_note, Note.WITH)

    (words,) = waiting_pages.faults(counter.desk, draft)
    assert "Trang 1" in words
    assert "hai ảnh" in words

    waiting_pages.note(counter.desk, without, Note.WITHOUT)
    assert waiting_pages.faults(counter.desk, draft) == ()
    waiting_pages.move(counter.desk, plain, -1)  # it comes between the two
    assert len(waiting_pages.faults(counter.desk, draft)) == 2


def test_what_was_digitised_is_told_page_by_page_and_paper_by_paper(counter: Counter) -> None:
    reception = counter.receive()
    pages = [take(counter, reception.dossier, seed) for seed in (70, 71)]
    waiting_pages.note(counter.desk, pages[0], Note.WITH)
    page_care.care_for_all(counter.desk, reception.dossier)
    waiting_pages.keep(counter.desk, BICH, reception.dossier)

    facts = digitised.facts_of(counter.desk, reception.dossier)

    assert [page.position for page in facts.pages] == [1, 2]
    first = facts.pages[0]
    assert (first.by, first.origin, first.device) == (BICH.user, "scanned", "test:0")
    assert first.original == hashlib.sha256(picture(70)).hexdigest()
    assert first.note == "with"
    assert first.taken_at is not None
    assert first.taken_at <= first.attached_at
    assert Mark.TOO_SMALL.value in first.marks
    digitised_papers = [paper for paper in facts.papers if paper.how is How.DIGITISED]
    assert [paper.pages for paper in digitised_papers] == [2]
    assert 0 < facts.share <= 1
    with pytest.raises(KeyError):
        digitised.facts_of(counter.desk, uuid4())


def test_what_was_received_without_a_scan_is_listed_until_it_is_scanned(counter: Counter) -> None:
    reception = counter.receive("Lý Thị Chưa Quét")

    (line,) = [
        one for one in scan_places.scan_later(counter.desk) if one.dossier == reception.dossier
    ]
    assert (line.code, line.submitter) == (reception.code, "Lý Thị Chưa Quét")

    take(counter, reception.dossier, 80)
    waiting_pages.keep(counter.desk, BICH, reception.dossier)
    assert reception.dossier not in {one.dossier for one in scan_places.scan_later(counter.desk)}


def test_pages_that_belong_to_nothing_are_offered_and_handed_over(counter: Counter) -> None:
    lost, draft = uuid4(), uuid4()
    drafts.save(counter.desk, BICH, draft, {"procedure": "ctbs"})
    mine = take(counter, draft, 90)
    pages = [take(counter, lost, seed) for seed in (91, 92)]

    groups = {one.waiting_for: one.count for one in waiting_pages.left_over(counter.desk)}

    assert groups[lost] == 2
    assert draft not in groups
    assert waiting_pages.hand_over(counter.desk, lost, draft) == 2
    assert order(counter, draft) == [mine, *pages]
    assert lost not in {one.waiting_for for one in waiting_pages.left_over(counter.desk)}


def test_a_file_of_a_folder_that_was_not_moved_in_time_is_one_page(counter: Counter) -> None:
    draft = uuid4()
    page = ScannedPage(picture(100), "folder:/srv/scans", Origin.FILE)
    for _ in range(2):
        waiting_pages.take_in(counter.desk, page, waiting_for=draft)
    twice = ScannedPage(picture(101), "test:0")
    for _ in range(2):
        waiting_pages.take_in(counter.desk, twice, waiting_for=draft)

    assert len(waiting_pages.waiting(counter.desk, draft)) == 3


@pytest.mark.parametrize("image", [b"", picture(1)[:-100], b"GIF89a", bytes(21 * 2**20)])
def test_what_is_no_page_leaves_the_pages_before_it(counter: Counter, image: bytes) -> None:
    draft = uuid4()
    take(counter, draft, 110)
    with pytest.raises(NotAPage):
        waiting_pages.take_in(counter.desk, ScannedPage(image, "x"), waiting_for=draft)
    assert len(order(counter, draft)) == 1


_TAKES = """
import sys
from pathlib import Path
from uuid import UUID
from app.bootstrap import open_workstation
from app.scanning.driver import ScannedPage
from app.services import waiting_pages
from tests.support.office import picture
opened = open_workstation(Path(sys.argv[1]))
for seed in range(200, 300):
    page = ScannedPage(picture(seed), "test:0")
    waiting_pages.take_in(opened.desk, page, waiting_for=UUID(sys.argv[2]))
    print(seed, flush=True)
"""


@pytest.mark.parametrize("after", [1, 4])
def test_every_page_that_was_shown_survives_kill_nine(counter: Counter, after: int) -> None:
    batch = uuid4()
    process = subprocess.Popen(
        [sys.executable, "-c", _TAKES, str(counter.root), str(batch)],
        stdout=subprocess.PIPE, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    shown = [int(process.stdout.readline()) for _ in range(after)]
    process.send_signal(signal.SIGKILL)
    shown += [int(line) for line in process.stdout.read().split()]
    process.wait()
    process.stdout.close()

    opened = open_workstation(counter.root)
    try:
        found = waiting_pages.waiting(opened.desk, batch)
        assert len(found) in (len(shown), len(shown) + 1)
        for page, seed in zip(found, shown, strict=False):
            assert opened.desk.store.blobs.get(page.sha256) == picture(seed)
        (group,) = [g for g in waiting_pages.left_over(opened.desk) if g.waiting_for == batch]
        assert group.count == len(found)
    finally:
        opened.close()


def test_a_disk_that_is_full_on_arrival_says_so_and_keeps_what_came(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if not may_mount(request):
        return
    with (
        running_office(tmp_path / "office") as office,
        small_disk(tmp_path / "disk", "24m") as disk,
    ):
        counter = office.station()
        profile = counter.root
        counter.close()
        subprocess.run(["cp", "-a", f"{profile}/.", str(disk / "quay")], check=True)
        opened = open_workstation(disk / "quay")
        batch, count = uuid4(), 0
        try:
            with pytest.raises(DiskFull) as caught:
                for seed in range(500):
                    page = ScannedPage(picture(seed, size=(900, 1200)), "test:0")
                    waiting_pages.take_in(opened.desk, page, waiting_for=batch)
                    count += 1
            assert caught.value.advice
            found = waiting_pages.waiting(opened.desk, batch)
            assert len(found) == count > 0
            for i, page in enumerate(found):
                assert opened.desk.store.blobs.get(page.sha256) == picture(i, size=(900, 1200))
            assert not list((disk / "quay" / "blobs").rglob("*.new"))
        finally:
            opened.close()
