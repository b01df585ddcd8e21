"""The devices and services of the test rig really do what the other tests rely on."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa
from PIL import Image, ImageChops, ImageDraw
from reportlab.lib.pagesizes import A4, A5
from reportlab.pdfgen import canvas

from tests.support.display import display
from tests.support.ports import free_port, listening
from tests.support.postgres import new_database, postgres
from tests.support.print_shop import PrintShop, State, print_shop
from tests.support.processes import Child, run, socket_path, wait_for
from tests.support.scan_shop import ScanShop, scan_shop
from tests.support.secrets_service import secret_service

JAMMED, NO_DOCS, COVER_OPEN = 6, 7, 8  # exit codes of scanimage, which are SANE's status numbers
A5_MEDIA = "iso_a5_148x210mm"

LINE_EDIT = """
import sys
from PySide6 import QtWidgets
app = QtWidgets.QApplication([])
field = QtWidgets.QLineEdit(placeholderText="a window")
field.returnPressed.connect(lambda: (print(field.text(), flush=True), app.quit()))
field.resize(600, 80)
field.show()
field.windowHandle().activeChanged.connect(lambda: print("active", flush=True))
sys.exit(app.exec())
"""

KEYRING = """
import keyring
keyring.set_password("quầy", "cán bộ", "bí mật ỹ")
print(keyring.get_keyring().__class__.__module__)
print(keyring.get_password("quầy", "cán bộ"))
keyring.delete_password("quầy", "cán bộ")
print(keyring.get_password("quầy", "cán bộ"))
"""


def processes_of(folder: Path) -> list[psutil.Process]:
    """Return what still runs for a folder: its command names it, or its home is below."""
    mark = str(folder)
    found = []
    for process in psutil.process_iter():
        try:
            if mark in " ".join([*process.cmdline(), process.environ().get("HOME", "")]):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture
def nothing_left(tmp_path: Path) -> Iterator[None]:
    yield
    wait_for(lambda: not processes_of(tmp_path), 2, "end of all processes")


pytestmark = pytest.mark.usefixtures("nothing_left")


# ---- ports and processes -------------------------------------------------------------------------


def test_a_free_port_differs_each_time_and_is_not_in_use() -> None:
    ports = {free_port() for _ in range(20)}

    assert len(ports) == 20
    assert not any(listening(port) for port in ports)


def test_stopping_a_child_ends_what_it_started_as_well(tmp_path: Path) -> None:
    script = "trap '' TERM; sleep 1000 & echo $! >&2; wait; wait"
    with Child(["sh", "-c", script], tmp_path / "log") as child:
        grandchild = int(child.wait_for((tmp_path / "log").read_text, 5, "pid"))
        assert psutil.pid_exists(grandchild)
        child.stop(grace_s=0.1)

    assert not child.running
    wait_for(lambda: _gone(grandchild), 2, "end of the grandchild")


def test_waiting_for_a_child_that_has_ended_tells_its_last_words(tmp_path: Path) -> None:
    with (
        Child(["sh", "-c", "cat; exit 3"], tmp_path / "log", stdin=b"no paper\n") as child,
        pytest.raises(ChildProcessError, match="no paper"),
    ):
        child.wait_for(lambda: False, 5, "a miracle")


def test_a_wait_in_vain_names_what_was_awaited() -> None:
    with pytest.raises(TimeoutError, match="no miracle within"):
        wait_for(lambda: False, 0.05, "miracle")


def test_a_folder_too_deep_for_a_socket_is_refused_with_a_reason() -> None:
    with pytest.raises(ValueError, match="nearer to the root"):
        socket_path(Path("/" + "x" * 107))


def _gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


# ---- display -------------------------------------------------------------------------------------


def test_the_screen_shows_a_window_that_takes_typed_vietnamese(tmp_path: Path) -> None:
    with display(tmp_path / "screen", width=800, height=600) as screen:
        screen.screenshot(tmp_path / "before.png")
        command = [sys.executable, "-c", LINE_EDIT]
        log = tmp_path / "window.log"
        with Child(command, log, os.environ | screen.env) as window:
            window.wait_for(lambda: "active" in log.read_text(), 20, "active window")
            screen.screenshot(tmp_path / "after.png")
            screen.type_text("-- Nguyễn Thị Ỹ ẵ Đ ₫!", delay_ms=1)
            screen.keys("BackSpace", "Return")
            window.wait_for(lambda: "Nguyễn" in log.read_text("utf-8"), 10, "typed text")

    with Image.open(tmp_path / "before.png") as before, Image.open(tmp_path / "after.png") as after:
        assert after.size == (800, 600)
        assert ImageChops.difference(before.convert("RGB"), after.convert("RGB")).getbbox()
    assert "-- Nguyễn Thị Ỹ ẵ Đ ₫\n" in log.read_text("utf-8")


def test_two_screens_run_side_by_side(tmp_path: Path) -> None:
    with display(tmp_path / "one") as one, display(tmp_path / "two") as two:
        assert one.name != two.name


# ---- secret service ------------------------------------------------------------------------------


def test_the_keyring_keeps_a_secret_and_forgets_it(tmp_path: Path) -> None:
    with secret_service(tmp_path) as session:
        said = run([sys.executable, "-c", KEYRING], os.environ | session)

    assert said.splitlines() == ["keyring.backends.SecretService", "bí mật ỹ", "None"]


# ---- printers ------------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[PrintShop]:
    with print_shop(tmp_path / "print") as running:
        yield running


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    return _pdf(tmp_path / "receipt.pdf", A5, "Receipt 0042")


def _pdf(path: Path, size: tuple[float, float], text: str) -> Path:
    page = canvas.Canvas(str(path), pagesize=size)
    page.drawString(60, 300, text)
    page.save()
    return path


def _ends(shop: PrintShop, uri: str, job: int) -> State:
    def ended() -> State | None:
        state = shop.job_state(uri, job)
        return state if state.word in {"completed", "aborted", "canceled"} else None

    state = wait_for(ended, 15, "end of the job")
    assert state
    return state


def _text(paper: Path) -> str:
    return run(["pdftotext", "-layout", paper, "-"]).strip()


def test_an_a5_receipt_sent_to_the_queue_comes_out_with_its_text(
    shop: PrintShop, receipt: Path
) -> None:
    queue = shop.queue_uri("HCC")

    job = shop.send(queue, receipt, "Giấy tiếp nhận", A5_MEDIA)

    assert _ends(shop, queue, job).word == "completed"
    [paper] = shop.printed("HCC")
    assert _text(paper) == "Receipt 0042"
    assert "419.528 x 595.276" in run(["pdfinfo", paper])


def test_two_printers_put_out_their_own_papers_in_order(tmp_path: Path) -> None:
    pages = [_pdf(tmp_path / f"{number}.pdf", A4, f"Page {number}") for number in range(3)]
    with print_shop(tmp_path / "print", ("FRONT", "BACK")) as shop:
        front = shop.printer_uri("FRONT")
        for page in pages[:2]:
            _ends(shop, front, shop.send(front, page))
        back = shop.queue_uri("BACK")
        _ends(shop, back, shop.send(back, pages[2]))

        assert [_text(paper) for paper in shop.printed("FRONT")] == ["Page 0", "Page 1"]
        assert [_text(paper) for paper in shop.printed("BACK")] == ["Page 2"]


def test_programs_of_the_system_see_the_private_queues_only(shop: PrintShop) -> None:
    assert run(["lpstat", "-e"], os.environ | shop.env).split() == ["HCC"]


def test_a_jam_aborts_jobs_until_it_is_cleared(shop: PrintShop, receipt: Path) -> None:
    printer = shop.printer_uri("HCC")

    shop.jam("HCC")
    assert shop.printer_state(printer) == State("idle", frozenset({"media-jam"}))
    assert _ends(shop, printer, shop.send(printer, receipt)).word == "aborted"
    assert shop.printer_state(printer).reasons == {"media-jam"}

    shop.clear_jam("HCC")
    assert shop.printer_state(printer).reasons == set()
    assert shop.printed("HCC") == []
    assert _ends(shop, printer, shop.send(printer, receipt)).word == "completed"
    assert len(shop.printed("HCC")) == 1


def test_a_jam_behind_a_queue_ends_the_job_and_shows_at_the_queue(
    shop: PrintShop, receipt: Path
) -> None:
    queue = shop.queue_uri("HCC")

    shop.jam("HCC")
    assert _ends(shop, queue, shop.send(queue, receipt)).word in {"canceled", "completed"}
    assert shop.printer_state(queue) == State("idle", frozenset({"media-jam"}))
    assert shop.printed("HCC") == []

    shop.clear_jam("HCC")
    assert shop.printer_state(queue).reasons == {"media-jam"}  # until the next job, as CUPS does
    assert _ends(shop, queue, shop.send(queue, receipt)).word == "completed"
    assert shop.printer_state(queue).reasons == set()
    assert len(shop.printed("HCC")) == 1


def test_an_open_cover_holds_the_job_until_it_is_closed(shop: PrintShop, receipt: Path) -> None:
    queue = shop.queue_uri("HCC")

    shop.open_cover("HCC")
    assert shop.printer_state(shop.printer_uri("HCC")).reasons == {"cover-open"}
    job = shop.send(queue, receipt)
    wait_for(lambda: "cover-open" in shop.printer_state(queue).reasons, 5, "open cover")
    assert shop.job_state(queue, job).word == "processing"
    assert shop.printed("HCC") == []

    shop.close_cover("HCC")
    assert _ends(shop, queue, job).word == "completed"
    assert shop.printer_state(queue).reasons == set()
    assert len(shop.printed("HCC")) == 1


def test_a_job_canceled_in_the_printer_does_not_come_out(shop: PrintShop, receipt: Path) -> None:
    queue, printer = shop.queue_uri("HCC"), shop.printer_uri("HCC")

    shop.open_cover("HCC")
    job = shop.send(queue, receipt)
    wait_for(lambda: shop.printer_state(printer).word == "processing", 5, "job in the printer")
    run(["cancel", f"HCC-{job}"], os.environ | shop.env)
    assert _ends(shop, queue, job).word == "canceled"
    wait_for(lambda: shop.printer_state(printer).word == "idle", 5, "idle printer")

    shop.close_cover("HCC")
    assert shop.printed("HCC") == []


def test_an_empty_tray_holds_the_job_until_it_is_filled(shop: PrintShop, receipt: Path) -> None:
    queue, printer = shop.queue_uri("HCC"), shop.printer_uri("HCC")

    shop.empty_tray("HCC")
    assert shop.printer_state(printer).reasons == {"media-empty"}
    job = shop.send(queue, receipt, media=A5_MEDIA)
    wait_for(lambda: "media-needed" in shop.printer_state(queue).reasons, 5, "call for paper")
    assert shop.job_state(queue, job).word == "processing"

    shop.fill_tray("HCC")
    assert _ends(shop, queue, job).word == "completed"
    assert shop.printer_state(printer).reasons == set()
    assert len(shop.printed("HCC")) == 1


def test_a_printer_that_was_off_prints_what_the_queue_kept_for_it(
    shop: PrintShop, receipt: Path
) -> None:
    queue = shop.queue_uri("HCC")

    shop.stop_printer("HCC")
    job = shop.send(queue, receipt)
    kept = ("pending", "processing")  # between two attempts it is pending again
    wait_for(lambda: shop.job_state(queue, job).word in kept, 20, "the queue keeps the job")
    with pytest.raises(ConnectionError):
        shop.printer_state(shop.printer_uri("HCC"))

    shop.start_printer("HCC")
    assert _ends(shop, queue, job).word == "completed"
    assert len(shop.printed("HCC")) == 1


def test_a_paused_queue_keeps_its_jobs_until_it_is_resumed(shop: PrintShop, receipt: Path) -> None:
    queue = shop.queue_uri("HCC")

    shop.pause("HCC")
    job = shop.send(queue, receipt)
    assert shop.printer_state(queue) == State("stopped", frozenset({"paused"}))
    assert shop.job_state(queue, job).word == "pending"

    shop.resume("HCC")
    assert _ends(shop, queue, job).word == "completed"
    assert len(shop.printed("HCC")) == 1


def test_faults_at_once_are_all_shown_and_go_one_by_one(shop: PrintShop, receipt: Path) -> None:
    printer = shop.printer_uri("HCC")

    shop.open_cover("HCC")
    job = shop.send(printer, receipt)
    shop.jam("HCC")
    shop.empty_tray("HCC")
    assert shop.printer_state(printer).reasons >= {"cover-open", "media-jam", "media-empty"}
    shop.stop_printer("HCC")
    shop.clear_jam("HCC")
    shop.start_printer("HCC")
    shop.fill_tray("HCC")
    assert shop.printer_state(printer) == State("idle", frozenset({"cover-open"}))
    with pytest.raises(LookupError):
        shop.job_state(printer, job + 1000)

    shop.close_cover("HCC")
    assert shop.printer_state(printer) == State("idle", frozenset())


# ---- scanners ------------------------------------------------------------------------------------


@pytest.fixture
def pages(tmp_path: Path) -> list[Path]:
    """Three A4 pages of 100 dpi, each with its number as a row of black squares."""
    found = []
    for number in range(1, 4):
        page = Image.new("L", (827, 1169), 255)
        for square in range(number):
            ImageDraw.Draw(page).rectangle((100 + 150 * square, 100, 200 + 150 * square, 200), 0)
        found.append(tmp_path / f"page{number}.png")
        page.save(found[-1], dpi=(100, 100))
    return found


@pytest.fixture
def scanner(tmp_path: Path, pages: list[Path]) -> Iterator[ScanShop]:
    with scan_shop(tmp_path / "sane", pages) as running:
        yield running


def _scan_stack(shop: ScanShop, folder: Path) -> tuple[int, list[int]]:
    """Scan until the feeder ends; return the exit code and the numbers seen on the pages."""
    folder.mkdir()
    options = ["--source", "ADF", "--mode", "Gray", "--resolution", "100", "--format=png"]
    done = subprocess.run(
        ["scanimage", "-d", shop.feeder, *options, f"--batch={folder}/%03d.png"],
        env=os.environ | shop.env,
        capture_output=True,
        timeout=30,
        check=False,
    )
    return done.returncode, [_number_on(path) for path in sorted(folder.glob("*.png"))]


def _number_on(path: Path) -> int:
    with Image.open(path) as page:
        assert page.size == pytest.approx((827, 1169), abs=2)
        return sum(page.getpixel((150 + 150 * square, 150)) < 128 for square in range(3))


def test_only_the_given_scanners_are_known(scanner: ScanShop) -> None:
    known = run(["scanimage", "-f", "%d%n"], os.environ | scanner.env).splitlines()

    assert known[0] == scanner.feeder
    assert {scanner.test_device, scanner.picture_device} < set(known)
    assert {name.split(":")[0] for name in known} == {"airscan", "pnm", "test"}


def test_three_pages_come_out_of_the_feeder_in_order(scanner: ScanShop, tmp_path: Path) -> None:
    assert _scan_stack(scanner, tmp_path / "first") == (0, [1, 2, 3])
    assert _scan_stack(scanner, tmp_path / "second") == (NO_DOCS, [])


def test_a_jam_ends_the_stack_but_keeps_the_pages_before(
    scanner: ScanShop, pages: list[Path], tmp_path: Path
) -> None:
    scanner.jam_after(2)
    assert _scan_stack(scanner, tmp_path / "first") == (JAMMED, [1, 2])
    assert _scan_stack(scanner, tmp_path / "second") == (JAMMED, [])

    scanner.load(pages[2:])
    assert _scan_stack(scanner, tmp_path / "third") == (0, [3])


def test_an_emptied_feeder_says_so(scanner: ScanShop, tmp_path: Path) -> None:
    scanner.empty()

    assert _scan_stack(scanner, tmp_path / "scan") == (NO_DOCS, [])


def test_an_open_cover_stops_scanning_and_loses_no_page(scanner: ScanShop, tmp_path: Path) -> None:
    scanner.cover_open(True)
    assert _scan_stack(scanner, tmp_path / "first") == (COVER_OPEN, [])

    scanner.cover_open(False)
    assert _scan_stack(scanner, tmp_path / "second") == (0, [1, 2, 3])


def test_the_glass_shows_the_top_page_and_leaves_it(scanner: ScanShop, tmp_path: Path) -> None:
    picture = tmp_path / "glass.png"
    options = ["--source", "Flatbed", "--mode", "Gray", "--resolution", "100", "--format=png"]
    run(["scanimage", "-d", scanner.feeder, *options, "-o", picture], os.environ | scanner.env)

    assert _number_on(picture) == 1
    assert _scan_stack(scanner, tmp_path / "stack") == (0, [1, 2, 3])


def test_a_part_of_the_page_can_be_scanned(scanner: ScanShop, tmp_path: Path) -> None:
    picture = tmp_path / "part.png"
    options = ["--source", "ADF", "--mode", "Color", "--resolution", "200", "--format=png"]
    window = ["-l", "25.4", "-t", "25.4", "-x", "25.4", "-y", "50.8"]
    command = ["scanimage", "-d", scanner.feeder, *options, *window, "-o", picture]
    run(command, os.environ | scanner.env)

    with Image.open(picture) as part:
        assert part.mode == "RGB"
        assert part.size == pytest.approx((200, 400), abs=2)
        assert part.getpixel((100, 100)) < (40, 40, 40)
        assert part.getpixel((100, 300)) > (215, 215, 215)


def test_the_test_device_scans_without_a_network(scanner: ScanShop, tmp_path: Path) -> None:
    picture = tmp_path / "grid.png"
    command = ["scanimage", "-d", scanner.test_device, "--format=png", "-o", picture]
    run(command, os.environ | scanner.env)

    with Image.open(picture) as grid:
        assert grid.getextrema() == (0, 255)


# ---- database ------------------------------------------------------------------------------------


def test_the_database_server_gives_each_caller_an_empty_database(tmp_path: Path) -> None:
    with postgres(tmp_path / "pg") as first:
        second = new_database(first)
        assert first != second
        engine, other = sa.create_engine(first), sa.create_engine(second)
        with engine.begin() as connection:
            assert connection.scalar(sa.text("select 1")) == 1
            connection.execute(sa.text("create table dossier (name text)"))
            connection.execute(sa.text("insert into dossier values ('Nguyễn Thị Ỹ')"))
        with engine.connect() as connection:
            assert connection.scalar(sa.text("select name from dossier")) == "Nguyễn Thị Ỹ"
        assert sa.inspect(engine).get_table_names() == ["dossier"]
        assert sa.inspect(other).get_table_names() == []
        other.dispose()  # the first engine keeps its session open while the server ends
    engine.dispose()


def test_a_durable_database_server_waits_for_the_disk_and_copies_a_database(tmp_path: Path) -> None:
    with postgres(tmp_path / "pg", durable=True) as first:
        engine = sa.create_engine(first)
        with engine.begin() as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                assert connection.scalar(sa.text(f"show {setting}")) == "on"
            connection.execute(sa.text("create table dossier (name text)"))
        engine.dispose()
        copy = sa.create_engine(new_database(first, like=first))
        assert sa.inspect(copy).get_table_names() == ["dossier"]
        copy.dispose()
