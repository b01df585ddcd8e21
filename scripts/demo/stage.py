"""The stage of a demonstration: server, screen, keyring, scanner, printer, all real and local."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from app.settings import read_settings, write_settings
from scripts import office as sample
from tests.support.display import Display, display
from tests.support.ports import free_port
from tests.support.print_shop import PrintShop, print_shop
from tests.support.scan_shop import scan_shop
from tests.support.secrets_service import secret_service

ROOT = sample.ROOT
OUT = ROOT / "out"
FONT = ROOT / "resources" / "fonts" / "LiberationSerif-Regular.ttf"
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

    def open_window(self, user: str = "") -> None:
        """Start the program and sign in by PIN, as the user that is offered or another."""
        log = (OUT / "window.log").open("ab")
        self.window = subprocess.Popen(
            [sys.executable, str(sample.ROOT / "main.py"), "--profile", str(self.profile)],
            cwd=sample.ROOT, env={**os.environ, **self.env}, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        until(lambda: self._titles(), "the sign-in window opened")
        time.sleep(1.0)
        if user:
            self.screen.keys("shift+Tab", "ctrl+a")
            self.screen.type_text(user + "\n", delay_ms=HUMAN_MS)
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


def play(told: Story, stack: ExitStack, folder: Path, acts: Callable[[Story, Stage], None]) -> None:
    """Set the stage, play, and look into the log for what nobody saw."""
    stage = set_up(told, stack, folder)
    stack.callback(stage.office.stop)
    stack.callback(lambda: stage.window is not None and stage.window.kill())
    try:
        acts(told, stage)
        log = (stage.profile / "logs" / "workstation.log").read_text("utf-8")
        if "unexpected" in log:
            raise DidNotHappen("no bug showed itself in the log (see out/workstation.log)")
    except DidNotHappen:
        stage.screen.screenshot(OUT / "did-not-happen.png")
        raise
    finally:
        shutil.copy(stage.profile / "logs" / "workstation.log", OUT)


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


def is_still(count: Callable[[], int], for_s: float = 4.0) -> Callable[[], bool]:
    """Return a question that is answered with yes once a count has not moved for some time."""
    seen = [count(), time.monotonic()]

    def is_still() -> bool:
        now = count()
        if now != seen[0]:
            seen[:] = [now, time.monotonic()]
        return time.monotonic() - seen[1] >= for_s

    return is_still


def blobs(stage: Stage) -> int:
    """Return how many images the station keeps."""
    return sum(1 for p in (stage.profile / "blobs").glob("??/*") if ".new" not in p.name)


def green(stage: Stage) -> dict[str, Any] | None:
    """Return the station's status once everything is proven, None before."""
    status = stage.command("status")
    return status if status["green"] else None
