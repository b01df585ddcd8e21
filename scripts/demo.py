"""`make demo`: the counter's main job through the real window, on real parts.

Starts a server process, a virtual screen, a keyring, a scanner with a feeder
and a printer, all on this machine and in a temporary folder; plays keys into
the window; checks what came out. Leaves receipts, pages, screenshots and a
table under out/, and fails if a step did not happen.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from app.settings import read_settings, write_settings
from scripts import office as sample
from tests.support.display import Display, display
from tests.support.ports import free_port
from tests.support.print_shop import PrintShop, print_shop
from tests.support.scan_shop import scan_shop
from tests.support.secrets_service import secret_service

OUT = sample.ROOT / "out"
FONT = sample.ROOT / "resources" / "fonts" / "LiberationSerif-Regular.ttf"
PATIENCE_S = 40.0
HUMAN_MS = 260  # half of it between two keys


class DidNotHappen(Exception):
    """A step of the story did not come about; the text says which."""


@dataclass
class Story:
    """What happened, for the table."""

    rows: list[tuple[str, str, float]] = field(default_factory=list)

    @contextmanager
    def step(self, words: str) -> Iterator[list[str]]:
        """Time a step; what is appended to the list is noted beside it."""
        started = time.monotonic()
        notes: list[str] = []
        print(f"… {words}", flush=True)
        yield notes
        self.rows.append((words, "; ".join(notes), time.monotonic() - started))

    def table(self) -> str:
        """Return the table as Markdown."""
        lines = ["| step | seen | seconds |", "| --- | --- | --- |"]
        lines += [f"| {words} | {seen} | {s:.1f} |" for words, seen, s in self.rows]
        return "\n".join(lines) + "\n"


def until(condition: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """Return the first true answer of a condition.

    Raises:
        DidNotHappen: it did not come in time.
    """
    deadline = time.monotonic() + patience_s
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise DidNotHappen(what)
        time.sleep(0.15)


@dataclass
class Stage:
    """The parts of the demonstration, running."""

    office: sample.Office
    profile: Path
    screen: Display
    shop: PrintShop
    env: dict[str, str]
    window: subprocess.Popen[bytes] | None = None

    def command(self, *words: str) -> dict[str, Any]:
        """Run a workstation command beside the window; return its answer."""
        done = sample.workstation(self.profile, *words, env=self.env)
        answer: dict[str, Any] = json.loads(sample.must(done, words[0]))
        return answer

    def found(self, text: str) -> list[dict[str, Any]]:
        """Return the dossiers that a search finds."""
        found: list[dict[str, Any]] = self.command("find", text)["dossiers"]
        return found

    def open_window(self) -> None:
        """Start the program and sign in by PIN."""
        log = (OUT / "window.log").open("ab")
        self.window = subprocess.Popen(
            [sys.executable, str(sample.ROOT / "main.py"), "--profile", str(self.profile)],
            cwd=sample.ROOT, env={**os.environ, **self.env}, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        until(lambda: self._titles(), "the sign-in window opened")
        time.sleep(1.0)
        self.screen.type_text(sample.PIN + "\n", delay_ms=HUMAN_MS)
        until(lambda: self._size() > 900, "the clerk was signed in")
        time.sleep(1.0)

    def _titles(self) -> list[str]:
        done = subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--name", "Quầy Một Cửa"],
            env={**os.environ, **self.env}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout.split()

    def _size(self) -> int:
        widths = [0]
        for window in self._titles():
            done = subprocess.run(
                ["xdotool", "getwindowgeometry", "--shell", window],
                env={**os.environ, **self.env}, capture_output=True, text=True, check=False,
            )  # fmt: skip
            widths += [int(line[6:]) for line in done.stdout.split() if line.startswith("WIDTH=")]
        return max(widths)

    def close_window(self) -> None:
        """Close the window as a clerk does, and see the program end."""
        if self.window is None:
            return
        self.screen.keys("alt+F4")
        try:
            code = self.window.wait(20)
        except subprocess.TimeoutExpired:
            self.window.kill()
            raise DidNotHappen("the program ended when its window was closed") from None
        self.window = None
        if code:
            raise DidNotHappen(f"the program ended well (it ended with {code})")


def main() -> int:
    """Play the story; return 0 if all of it happened."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    story = Story()
    failed = ""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qmc-demo-")))
        try:
            play(story, stack, folder)
        except (DidNotHappen, RuntimeError) as error:
            failed = str(error)
    table = story.table()
    (OUT / "demo.md").write_text(table, "utf-8")
    print("\n" + table)
    if failed:
        print(f"DID NOT HAPPEN: {failed}", file=sys.stderr)
        return 1
    print(f"All {len(story.rows)} steps happened. See {OUT.relative_to(sample.ROOT)}/")
    return 0


def play(story: Story, stack: ExitStack, folder: Path) -> None:
    """Play every step."""
    stage = set_up(story, stack, folder)
    stack.callback(stage.office.stop)
    stack.callback(lambda: stage.window is not None and stage.window.kill())
    try:
        play_on(story, stage)
        log = (stage.profile / "logs" / "workstation.log").read_text("utf-8")
        if "unexpected" in log:
            raise DidNotHappen("no bug showed itself in the log (see out/workstation.log)")
    except DidNotHappen:
        stage.screen.screenshot(OUT / "did-not-happen.png")
        raise
    finally:
        shutil.copy(stage.profile / "logs" / "workstation.log", OUT)


def play_on(story: Story, stage: Stage) -> None:
    """Play the story on a stage that is set up."""
    with story.step("A clerk signs in at the enrolled station") as seen:
        stage.open_window()
        until(lambda: stage.command("status")["green"], "the first proof")
        seen.append("PIN, light green")
        stage.screen.screenshot(OUT / "1-signed-in.png")
    with story.step("The server is stopped") as seen:
        stage.office.stop()
        seen.append("no answer" if not stage.office.answers() else "still there")
    receive_birth(story, stage)
    receive_copies(story, stage)
    find_both(story, stage)
    with story.step("The window is closed and started again: all is there") as seen:
        stage.close_window()
        stage.open_window()
        codes = [line["code"] for line in stage.found("nguyen van")]
        if len(codes) != 2:
            raise DidNotHappen(f"both dossiers are there after a restart: {codes}")
        seen.append(", ".join(codes))
    come_back(story, stage)
    check_paper(story, stage)
    stage.close_window()


def set_up(story: Story, stack: ExitStack, folder: Path) -> Stage:
    """Start every part."""
    with story.step("Server, screen, keyring, scanner and printer start") as seen:
        office = sample.Office(folder / "server", free_port())
        office.set_up(catalogue_for(office.address, folder / "catalogue"))
        office.start()
        env = dict(stack.enter_context(secret_service(folder / "keyring")))
        screen = stack.enter_context(display(folder / "screen"))
        shop = stack.enter_context(print_shop(folder / "printers"))
        scanner = stack.enter_context(scan_shop(folder / "scanner", make_pages(folder)))
        env |= screen.env | shop.env | scanner.env
        profile = folder / "quay-1"
        sample.enrol(office, profile, env)
        settings_path = profile / "station.toml"
        settings = read_settings(settings_path)
        # a busy machine may keep even a simulated scanner waiting for its next key
        devices = {"scanner": scanner.feeder, "printer": "HCC", "scan_gap_ms": 90}
        write_settings(settings_path, type(settings)(**{**_fields(settings), **devices}))
        stage = Stage(office, profile, screen, shop, env)
        seen.append(f"keys in the {stage.command('status')['key_place']}")
    return stage


def _fields(settings: Any) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__slots__}


def catalogue_for(address: str, folder: Path) -> Path:
    """Return the sample catalogue with this server's address on its receipts."""
    shutil.copytree(sample.ROOT / "resources" / "catalogue", folder)
    path = folder / "agencies.toml"
    path.write_text(path.read_text("utf-8").replace("http://127.0.0.1:8440", address), "utf-8")
    return folder


def make_pages(folder: Path) -> list[Path]:
    """Draw three synthetic papers for the feeder."""
    font, big = ImageFont.truetype(str(FONT), 46), ImageFont.truetype(str(FONT), 64)
    titles = ("TỜ KHAI ĐĂNG KÝ KHAI SINH", "GIẤY CHỨNG SINH", "VĂN BẢN KÈM THEO")
    paths = []
    for i, title in enumerate(titles, start=1):
        page = Image.new("L", (2480, 3508), 255)
        draw = ImageDraw.Draw(page)
        draw.text((1240, 260), title, font=big, fill=20, anchor="ma")
        for line in range(28):
            words = f"{line + 1}. Nội dung mẫu, không phải của người nào có thật. Trang {i}."
            draw.text((260, 480 + line * 92), words, font=font, fill=30)
        path = folder / f"page-{i}.png"
        page.save(path, dpi=(300, 300))
        paths.append(path)
    return paths


def scan_card(stage: Stage, card: str) -> None:
    """Play a keyboard-wedge scanner: all at once, ended by Enter."""
    stage.screen.type_text(card + "\n", delay_ms=1)
    time.sleep(0.6)


def type_line(stage: Stage, text: str) -> None:
    """Type as a person does, and press Enter."""
    stage.screen.type_text(text, delay_ms=HUMAN_MS)
    time.sleep(0.3)
    stage.screen.keys("Return")
    time.sleep(0.3)


def receive_birth(story: Story, stage: Stage) -> None:
    """Receive a birth registration with three scanned pages."""
    with story.step("An ID card is scanned, the form fills itself") as seen:
        stage.screen.keys("F2")
        time.sleep(0.4)
        scan_card(stage, sample.synthetic_card(("Nguyễn Văn An", "01021990", "Nam")))
        seen.append("burst of keys, no field got them")
    with story.step("“khai sinh” is typed without marks, the form is filled") as seen:
        type_line(stage, "khai sinh")
        type_line(stage, "Nguyễn Gia Hân")
        type_line(stage, "15112026")
        stage.screen.keys("Down", "Down")
        stage.screen.keys("ctrl+b")
        time.sleep(0.5)
        seen.append("papers ticked by Ctrl+B")
    with story.step("Three pages come from the feeder") as seen:
        stage.screen.keys("F6")
        until(lambda: _blobs(stage) >= 3, "three pages arrived from the feeder")
        until(_is_still(lambda: _blobs(stage)), "the pages were cleaned")
        seen.append(f"{_blobs(stage)} images durable: pages as scanned, and cleaned")
        stage.screen.screenshot(OUT / "2-birth-registration.png")
    with story.step("F9: stored, final code, receipt out of the printer") as seen:
        stage.screen.keys("F9")
        until(lambda: stage.found("nguyen van an"), "the dossier was stored")
        until(lambda: len(stage.shop.printed("HCC")) == 1, "the receipt came out of the printer")
        seen.append(stage.found("nguyen van an")[0]["code"])
        time.sleep(1.0)
        stage.screen.screenshot(OUT / "3-received.png")


def _is_still(count: Callable[[], int], for_s: float = 4.0) -> Callable[[], bool]:
    """Return a question that is answered with yes once a count has not moved for some time."""
    seen = [count(), time.monotonic()]

    def is_still() -> bool:
        now = count()
        if now != seen[0]:
            seen[:] = [now, time.monotonic()]
        return time.monotonic() - seen[1] >= for_s

    return is_still


def _blobs(stage: Stage) -> int:
    return sum(1 for p in (stage.profile / "blobs").glob("??/*") if ".new" not in p.name)


def receive_copies(story: Story, stage: Stage) -> None:
    """Receive a certified-copy dossier of 12 pages, 2 copies."""
    with story.step("A certified-copy dossier, 12 pages, 2 copies") as seen:
        stage.screen.keys("F2")
        time.sleep(0.4)
        scan_card(stage, sample.synthetic_card(("Nguyễn Văn Bình", "05081985", "Nam")))
        type_line(stage, "ctbs")
        type_line(stage, "Hợp đồng")
        type_line(stage, "12")
        stage.screen.type_text("2", delay_ms=HUMAN_MS)
        time.sleep(0.4)
        stage.screen.screenshot(OUT / "4-certified-copies.png")
        stage.screen.keys("Return")
        time.sleep(0.3)
        stage.screen.keys("Return")
        until(lambda: stage.found("nguyen van binh"), "the copies' dossier was stored")
        until(lambda: len(stage.shop.printed("HCC")) == 2, "its receipt came out of the printer")
        code = stage.found("nguyen van binh")[0]["code"]
        fee = stage.command("show", code)["fee"]
        if fee != 28_000:
            raise DidNotHappen(f"the fee of 2 copies of 12 pages is 28.000 (it is {fee})")
        seen.append(f"{code}, 28.000 đồng")


def find_both(story: Story, stage: Stage) -> None:
    """Find both dossiers by a name without marks."""
    with story.step("Both are found by “nguyen van”") as seen:
        stage.screen.keys("F3")
        time.sleep(0.4)
        stage.screen.keys("ctrl+f")
        stage.screen.type_text("nguyen van", delay_ms=HUMAN_MS)
        time.sleep(1.0)
        stage.screen.screenshot(OUT / "5-found.png")
        codes = [line["code"] for line in stage.found("nguyen van")]
        if len(codes) != 2:
            raise DidNotHappen(f"two dossiers are found: {codes}")
        seen.append(", ".join(codes))


def come_back(story: Story, stage: Stage) -> None:
    """The server returns: events, then pages, then proof."""
    with story.step("The server comes back: events, then pages, then the green light") as seen:
        stage.office.start()
        stage.screen.keys("F5")
        status = until(lambda: _green(stage), "the light turned green by proof")
        stored = list((stage.office.folder / "blobs" / "pages").glob("*/*/*"))
        if len(stored) != 3:
            raise DidNotHappen(f"three pages are on the server ({len(stored)})")
        for i, page in enumerate(sorted(stored), start=1):
            shutil.copy(page, OUT / f"page-{i}.jpg")
        seen.append(f"3 pages stored, proven at {status['proven_at'][11:19]}")
        stage.screen.keys("ctrl+s")
        time.sleep(1.5)
        stage.screen.screenshot(OUT / "6-synced.png")
    with story.step("The citizen asks with code and look-up code") as seen:
        for line in stage.found("nguyen van"):
            shown = stage.command("show", line["code"])
            address = f"{stage.office.address}/hs/{shown['code']}?m={shown['lookup']}"
            with urllib.request.urlopen(address, timeout=10) as answer:
                html = answer.read().decode("utf-8")
            if "Được tiếp nhận" not in html or "Nguyễn" in html:
                raise DidNotHappen(f"the status page of {line['code']} shows state and no name")
            (OUT / f"status-{shown['code']}.html").write_text(html, "utf-8")
            seen.append(f"{shown['code']}: Được tiếp nhận")


def _green(stage: Stage) -> dict[str, Any] | None:
    status = stage.command("status")
    return status if status["green"] else None


def check_paper(story: Story, stage: Stage) -> None:
    """Read what came out of the printer: words, barcode and QR at 200 dpi."""
    with story.step("The printed receipts are read back") as seen:
        for i, pdf in enumerate(stage.shop.printed("HCC"), start=1):
            target = OUT / f"receipt-{i}.pdf"
            shutil.copy(pdf, target)
            text = subprocess.run(
                ["pdftotext", "-layout", str(target), "-"],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            subprocess.run(
                ["pdftoppm", "-r", "200", "-png", "-f", "1", "-l", "1", str(target),
                 str(OUT / f"receipt-{i}")], check=True,
            )  # fmt: skip
            picture = next(OUT.glob(f"receipt-{i}-*.png"))
            codes = {found.text for found in zxingcpp.read_barcodes(Image.open(picture))}
            code = next(line["code"] for line in stage.found("nguyen van") if line["code"] in text)
            shown = stage.command("show", code)
            qr = f"{stage.office.address}/hs/{code}?m={shown['lookup']}"
            wanted = ("GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ", "Độc lập - Tự do - Hạnh phúc",
                      "NGUYỄN VĂN", "NGƯỜI TIẾP NHẬN HỒ SƠ", shown["lookup"])  # fmt: skip
            missing = [words for words in wanted if words not in " ".join(text.split())]
            if missing or not {code, qr} <= codes:
                raise DidNotHappen(f"receipt {i} reads back whole: {missing}, {codes}")
            seen.append(f"{code}: words, Code 128 and QR read")


if __name__ == "__main__":
    sys.exit(main())
