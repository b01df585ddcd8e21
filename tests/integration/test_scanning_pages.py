"""Pages: durable as they arrive, attached in order, and only true images are taken."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from uuid import uuid4

import pytest
from PIL import Image

from app.errors import AppError
from app.models.problems import DamagedStore
from app.services import corrections, scanning
from app.services.scanning import NotAPage
from tests.support.office import BICH, Counter, picture, running_office


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with running_office(tmp_path_factory.mktemp("office")) as office:
        counter = office.station()
        yield counter
        counter.close()


def _keep(counter: Counter, image: bytes, paper: str = "ban-chinh") -> scanning.KeptPage:
    return scanning.keep_image(counter.desk, image, paper=paper, position=1, device="file")


def _picture_of(kind: str, size: tuple[int, int] = (20, 20)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_an_image_is_durable_and_named_by_its_hash_before_it_belongs_to_anything(
    counter: Counter, kind: str
) -> None:
    image = picture(1, kind=kind)

    page = _keep(counter, image)

    assert page.sha256 == hashlib.sha256(image).hexdigest()
    assert (page.mime, page.size) == (f"image/{kind.lower()}", len(image))
    assert (page.width, page.height, page.dpi) == (300, 400, 100)
    counter.reopen()
    assert counter.desk.store.blobs.get(page.sha256) == image
    assert image[:100] not in counter.desk.store.blobs.path(page.sha256).read_bytes()


@pytest.mark.parametrize(
    "image",
    [
        b"",
        b"no image at all",
        b"\xff\xd8\xff" + bytes(200),
        picture(2)[:-300],
        picture(2, kind="PNG")[:200],
        _picture_of("GIF"),
        _picture_of("TIFF"),
        _picture_of("BMP"),
        bytes(20 * 1024 * 1024 + 1),
    ],
)
def test_what_is_no_whole_jpeg_or_png_is_refused(counter: Counter, image: bytes) -> None:
    before = counter.value("SELECT count(*) FROM pending_page")
    with pytest.raises(NotAPage) as caught:
        _keep(counter, image)

    assert caught.value.advice
    assert counter.value("SELECT count(*) FROM pending_page") == before


def test_an_image_of_absurd_size_is_refused_without_unpacking_it(counter: Counter) -> None:
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")

    with pytest.raises(NotAPage):
        _keep(counter, out.getvalue())


def test_pages_of_a_paper_are_numbered_in_the_order_they_came(counter: Counter) -> None:
    reception = counter.receive()
    pages = [_keep(counter, picture(seed)) for seed in (10, 11, 12)]
    other = _keep(counter, picture(13), "ban-can-chung-thuc")

    attached = [
        scanning.attach_page(counter.desk, BICH, reception.dossier, page)
        for page in (*pages, other)
    ]

    assert [page.position for page in attached] == [1, 2, 3, 1]
    folded = counter.fold(reception.dossier)
    assert [page.sha256 for page in folded.pages] == [p.sha256 for p in (*pages, other)]
    assert counter.value("SELECT count(*) FROM page WHERE is_own AND stored_at IS NULL") >= 4


def test_the_same_image_may_be_attached_twice_and_is_kept_once(counter: Counter) -> None:
    reception = counter.receive()
    image = picture(20)
    for _ in range(2):
        scanning.attach_page(counter.desk, BICH, reception.dossier, _keep(counter, image))

    assert len(counter.fold(reception.dossier).pages) == 2
    counter.sync()
    sha256 = hashlib.sha256(image).hexdigest()
    stored = list((counter.office.settings.blobs / "pages").rglob(sha256))
    assert len(stored) == 1
    assert counter.sync().pages_waiting == 0


def test_a_page_of_a_void_or_unknown_dossier_is_refused(counter: Counter) -> None:
    reception = counter.receive()
    corrections.undo(counter.desk, BICH, reception.dossier, "nhầm")
    for dossier in (reception.dossier, uuid4()):
        with pytest.raises(AppError):
            scanning.attach_page(counter.desk, BICH, dossier, _keep(counter, picture(30)))


def test_the_copy_beside_the_journal_goes_once_the_server_holds_the_page(
    counter: Counter,
) -> None:
    reception = counter.receive()
    page = scanning.attach_page(counter.desk, BICH, reception.dossier, _keep(counter, picture(40)))
    copy = counter.desk.store.journal_folder / "pages" / page.sha256
    assert copy.exists()

    counter.sync()

    assert not copy.exists()
    assert counter.value("SELECT stored_at FROM page WHERE sha256 = :s", s=page.sha256) is not None


def test_one_damaged_image_does_not_hold_back_the_others(counter: Counter) -> None:
    counter.sync()
    reception = counter.receive()
    kept = [_keep(counter, picture(seed)) for seed in (50, 51, 52)]
    for page in kept:
        scanning.attach_page(counter.desk, BICH, reception.dossier, page)
    counter.desk.store.blobs.path(kept[1].sha256).write_bytes(b"damaged")

    with pytest.raises(DamagedStore):
        counter.sync()

    waiting = counter.values("SELECT sha256 FROM page WHERE is_own AND stored_at IS NULL")
    assert waiting == [kept[1].sha256]
    counter.desk.store.blobs.drop(kept[1].sha256)
    _keep(counter, picture(51))  # scanned again
    assert counter.sync().pages_waiting == 0
