"""A whole day at the counter by keys: forty dossiers of twelve procedures, first card to seal.

What a figure should be at the end is counted here while keys are pressed, from
what lies in the printer's tray and from what was pressed, never from the
program's own store; then the papers of the day must say the same.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import zxingcpp
from PIL import Image

from app.domain.codes import is_slip_number, read_code
from app.domain.status import BusinessState
from app.services.desk import VIETNAM
from scripts import office as sample
from scripts.demo.stage import (
    OUT,
    DidNotHappen,
    Stage,
    Story,
    blobs,
    green,
    is_still,
    scan_card,
    until,
)

DOSSIERS = 40
PROCEDURES = (
    "dkks", "ctbs", "ctck", "xnhn", "dkkt", "stlh", "ctgd", "hktl", "tdcc", "htxh", "ncmc", "ltbh",
)  # fmt: skip
OFTEN = ("ctbs", "dkks", "ctck", "xnhn", "stlh", "ctgd", "hktl")
AT_ONCE = ("ctbs", "ctck")
# đồng; certified copies: 3 copies of 2 pages at 2.000 a page
FEES = {
    "ctbs": 12_000, "ctck": 10_000, "xnhn": 15_000, "stlh": 8_000, "ctgd": 50_000,
    "hktl": 100_000, "tdcc": 15_000, "ncmc": 15_000, "dkkt": 8_000,
}  # fmt: skip
PAID_LATER = ("dkkt",)  # when the result goes out
FLOAT = 200_000
OFFICER, OFFICER_NAME = "hoa", "Lê Thị Hoa"
LEADER, LEADER_NAME = "dung", "Phạm Văn Dũng"
_NAMES = {sample.USER: sample.USER_NAME, OFFICER: OFFICER_NAME, LEADER: LEADER_NAME}
TYPED_MS = 200
_LONGEST_DAY = dt.timedelta(minutes=40)
_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi")
_GIVEN = ("An", "Bình", "Chi", "Dung", "Giang", "Hà", "Khánh", "Lan", "Minh", "Nga")
RECEIPT = "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ"


@dataclass
class Paper:
    """A paper as it lies in the tray."""

    path: Path
    text: str
    codes: tuple[str, ...]
    sheets: int

    @property
    def dossier(self) -> str:
        """The dossier code that its barcode says."""
        found = [code for code in self.codes if read_code(code) is not None]
        if not found:
            raise DidNotHappen(f"a dossier's barcode is read from {self.path.name}: {self.codes}")
        return found[0]


@dataclass
class Kept:
    """A dossier as those at the counter know it."""

    code: str
    short: str
    card: str
    state: BusinessState = BusinessState.RECEIVED
    owed: int = 0
    waits: bool = True
    returned: bool = False

    def is_now(self, state: BusinessState, *, waits: bool = False) -> None:
        """Note its state, and whether it waits to go on."""
        self.state, self.waits = state, waits
        self.returned = state is BusinessState.RETURNED


@dataclass
class Ledger:
    """What was done, counted by hand."""

    dossiers: list[Kept] = field(default_factory=list)
    voided: list[str] = field(default_factory=list)
    cash: int = 0
    transfers: int = 0
    papers: list[Paper] = field(default_factory=list)

    @property
    def received(self) -> int:
        """Numbers given out, those taken back included."""
        return len(self.dossiers) + len(self.voided)

    @property
    def returned(self) -> int:
        """Results handed out."""
        return sum(one.returned for one in self.dossiers)

    @property
    def receipts(self) -> int:
        """Receipts that lie in the tray, corrected ones included."""
        return sum(RECEIPT in paper.text for paper in self.papers)

    def of(self, *shorts: str) -> list[Kept]:
        """Return the dossiers of some procedures, in their order."""
        return [one for one in self.dossiers if one.short in shorts]


def play_on(story: Story, stage: Stage, count: int = DOSSIERS) -> None:
    """Play the day on a stage that is set up."""
    count = max(count, len(PROCEDURES))
    _wait_for_a_day()
    Day(story, stage, count).play()


def _wait_for_a_day() -> None:
    """A day sheet tells one day: do not begin shortly before midnight."""
    now = dt.datetime.now(VIETNAM)
    midnight = dt.datetime.combine(now.date() + dt.timedelta(days=1), dt.time(), VIETNAM)
    if midnight - now < _LONGEST_DAY:
        time.sleep((midnight - now).total_seconds() + 1)


def plan(count: int) -> list[str]:
    """Return the procedures of the day: each once, then what comes most often."""
    return [*PROCEDURES, *(OFTEN[i % len(OFTEN)] for i in range(count - len(PROCEDURES)))]


class Day:
    """The clerk, the officer and the leader at one window, and the citizens before it."""

    def __init__(self, story: Story, stage: Stage, count: int) -> None:
        self.story, self.stage, self.keys = story, stage, stage.screen.keys
        self.ledger = Ledger()
        self.plan = plan(count)
        self.each = max(1, count // 12)
        self._user = sample.USER
        self._cards = 0
        self._picture = 0

    # ---- hands and eyes ---------------------------------------------------------------

    def press(self, *keys: str, wait_s: float = 0.35) -> None:
        """Press keys one by one, as a hand does."""
        for key in keys:
            self.keys(key)
            time.sleep(wait_s)

    def type(self, text: str, *, enter: bool = True) -> None:
        """Type a text, and Enter."""
        self.stage.screen.type_text(text, delay_ms=TYPED_MS)
        time.sleep(0.25)
        if enter:
            self.press("Return")

    def scan(self, text: str) -> None:
        """Hold something before the barcode reader."""
        scan_card(self.stage, text)
        time.sleep(0.4)

    def card(self) -> str:
        """Return the card of the next citizen."""
        family = _FAMILY[self._cards % len(_FAMILY)]
        given = _GIVEN[self._cards // len(_FAMILY) % len(_GIVEN)]
        self._cards += 1
        year = 1950 + self._cards
        is_woman = self._cards % 2 == 0
        middle, sex = ("Thị", "Nữ") if is_woman else ("Văn", "Nam")
        return sample.synthetic_card((f"{family} {middle} {given}", f"0102{year}", sex))

    def look(self, name: str) -> None:
        """Take a picture of the screen."""
        self._picture += 1
        self.stage.screen.screenshot(OUT / f"{self._picture:02d}-{name}.png")

    def paper(self, what: str, *, patience_s: float = 60.0) -> Paper:
        """Take the next paper out of the tray and read it."""
        known = {paper.path for paper in self.ledger.papers}

        def new() -> list[Path]:
            return [path for path in self.stage.shop.printed("HCC") if path not in known]

        until(new, f"{what} came out of the printer", patience_s)
        path = new()[0]
        until(is_still(lambda: path.stat().st_size, 0.5), f"{what} is whole")
        found = read_paper(path)
        self.ledger.papers.append(found)
        return found

    # ---- the day ----------------------------------------------------------------------

    def play(self) -> None:
        """From the first key to the last."""
        half = len(self.plan) // 2
        self.begin()
        first, rest = self.plan[0], self.plan[1:]
        with self.story.step("A birth registration with three pages from the feeder") as seen:
            self.receive(first, pages=True)
            seen.append(self.ledger.dossiers[-1].code)
        with self.story.step(f"{half - 1} dossiers are received, fees taken") as seen:
            self.receive_all(rest[: half - 1], seen)
        with self.story.step("The line drops; reception goes on with final numbers") as seen:
            self.stage.office.stop()
            third = (len(rest) - half + 1) // 2
            self.receive_all(rest[half - 1 : half - 1 + third], seen)
        self.kill_and_go_on(rest[half - 1 + third])
        with self.story.step("The line is back; the rest of the day's dossiers come in") as seen:
            self.stage.office.start()
            self.press("F5")
            self.receive_all(rest[half + third :], seen)
        self.undo_one()
        self.return_at_once()
        fates = self.counter_acts()
        slip = self.hand_over()
        signed = self.process(fates, slip)
        with self.story.step("The line drops a second time; results go out without it") as seen:
            self.stage.office.stop()
            self.return_results(signed, seen)
        with self.story.step("The line is back: everything is sent and proven") as seen:
            self.stage.office.start()
            self.press("F5")
            status = until(lambda: green(self.stage), "the light turned green by proof", 90)
            seen.append(f"proven at {status['proven_at'][11:19]}")
            self.press("ctrl+s", wait_s=1.2)
            self.look("synced")
        self.statistics()
        self.end_shift()
        self.close_day()
        self.check_server()
        self.stage.close_window()

    def begin(self) -> None:
        """Users, window, shift."""
        with self.story.step("The clerk signs in and opens the shift") as seen:
            office, stage = self.stage.office, self.stage
            for user, name, roles in (
                (OFFICER, OFFICER_NAME, "officer"), (LEADER, LEADER_NAME, "leader"),
            ):  # fmt: skip
                office.server("add-user", sample.AGENCY, user, name, "--roles", roles,
                              given=sample.PASSWORD + "\n")  # fmt: skip
                sample.must(
                    sample.workstation(
                        stage.profile, "sign-in", "--user", user, "--set-pin",
                        given=f"{sample.PASSWORD}\n{sample.PIN}\n", env=stage.env,
                    ),
                    "sign-in",
                )  # fmt: skip
            stage.open_window(sample.USER)
            self.look("signed-in")
            self.press("shift+F8", "F7")
            self.type(str(FLOAT))
            self.look("shift-opened")
            seen.append(f"{FLOAT} đồng of change in the drawer")

    # ---- reception --------------------------------------------------------------------

    def fill(self, short: str, card: str) -> None:
        """Scan the card, choose the procedure, fill what decides the fee, tick the papers."""
        today = dt.datetime.now(VIETNAM).date()
        self.press("F2")
        self.scan(card)
        self.type(short)
        if short == "ctbs":
            self.type("Bằng tốt nghiệp")
            self.type("2")
            self.type("3", enter=False)
            return
        if short in ("dkks", "ltbh"):
            self.type("Nguyễn Gia Hân")
            self.type(f"{today - dt.timedelta(days=9):%d%m%Y}")
            self.press("Down", "Down")
        elif short == "dkkt":
            self.type("Nguyễn Văn Cố")
            self.press("Return", "Return")
            self.type(f"{today - dt.timedelta(days=2):%d%m%Y}")
        self.press("ctrl+b")

    def receive(self, short: str, *, pages: bool = False) -> Kept:
        """Receive one dossier; its receipt is taken out of the tray and read."""
        card = self.card()
        self.fill(short, card)
        if pages:
            self.press("F6")
            until(lambda: blobs(self.stage) >= 3, "three pages arrived from the feeder")
            until(is_still(lambda: blobs(self.stage)), "the pages were cleaned")
            self.look("birth-registration")
        self.press("F9", wait_s=0.5)
        code = self.paper(f"the receipt of {short}").dossier
        kept = Kept(code, short, card, owed=FEES.get(short, 0))
        self.ledger.dossiers.append(kept)
        if pages:
            self.look("received")
        return kept

    def receive_all(self, shorts: list[str], seen: list[str]) -> None:
        """Receive dossiers one after the other; most pay at once."""
        before = self.ledger.cash + self.ledger.transfers
        for i, short in enumerate(shorts):
            kept = self.receive(short)
            if kept.owed and short not in PAID_LATER:
                self.pay(kept, by_transfer=i % 4 == 3)
        taken = self.ledger.cash + self.ledger.transfers - before
        seen.append(f"{len(shorts)} receipts read back; {taken} đồng taken")

    def pay(self, one: Kept, *, by_transfer: bool = False) -> None:
        """Take what is owed, where F8 does it."""
        amount, one.owed = one.owed, 0
        self.press("F8", wait_s=0.7)
        if by_transfer:
            self.press("Tab", "Tab")
            self.type(f"FT{self.ledger.received:06d}")
            self.ledger.transfers += amount
        else:
            self.press("Return")
            self.ledger.cash += amount
        time.sleep(0.5)

    def kill_and_go_on(self, short: str) -> None:
        """The program is killed while a dossier is typed; nothing typed is typed again."""
        with self.story.step("The program is killed while a dossier is typed") as seen:
            card = self.card()
            self.fill(short, card)
            time.sleep(2.5)  # the draft is saved behind the typing
            window = self.stage.window
            assert window is not None
            os.kill(window.pid, signal.SIGKILL)
            window.wait(10)
            self.stage.open_window()
            self.look("after-the-kill")
            self.press("alt+1", wait_s=0.8)
            self.look("draft-reopened")
            self.press("F9", wait_s=0.5)
            code = self.paper("the receipt of the draft").dossier
            kept = Kept(code, short, card, owed=FEES.get(short, 0))
            self.ledger.dossiers.append(kept)
            seen.append(f"{kept.code} from the draft, one key after signing in")

    def undo_one(self) -> None:
        """The citizen changes his mind: the number is void and stays in the register."""
        with self.story.step("A reception is undone within ten minutes") as seen:
            self.receive("htxh")
            gone = self.ledger.dossiers.pop()
            self.press("ctrl+z", wait_s=0.8)
            self.look("undone")
            self.ledger.voided.append(gone.code)
            seen.append(f"{gone.code} is void")

    # ---- what happens to a dossier at the counter ---------------------------------------

    def act(self, kept: Kept, number: str) -> None:
        """Scan a receipt, and choose one of the acts that F7 offers."""
        self.press("F3")
        self.scan(kept.code)
        time.sleep(0.5)
        self.press("F7", wait_s=0.9)
        self.press(number, wait_s=1.0)

    def counter_acts(self) -> list[Kept]:
        """Correct, ask for papers, refuse, withdraw; return what goes on to the officer."""
        work = [one for one in self.ledger.dossiers if one.short not in AT_ONCE]
        taken = iter(work)
        with self.story.step("A receipt is corrected; its new version says so") as seen:
            for _ in range(self.each):
                one = next(taken)
                self.correct(one)
                seen.append(one.code)
        with self.story.step("Papers are asked for on form 02; some come in") as seen:
            for comes in [True, False] * self.each:
                self.supplement(next(taken), comes=comes)
            seen.append(f"{2 * self.each} asked, {self.each} came")
        with self.story.step("Dossiers are refused on form 03, and withdrawn") as seen:
            for _ in range(self.each):
                self.end(next(taken), "4", BusinessState.NOT_RECEIVED, form="TỪ CHỐI")
                self.end(next(taken), "5", BusinessState.WITHDRAWN)
            seen.append(f"{self.each} and {self.each}")
        return [one for one in work if one.waits]

    def see(self, one: Kept) -> None:
        """See that a dossier is in its state."""
        until(
            lambda: self.stage.command("show", one.code)["state"] == one.state,
            f"{one.code} ({one.short}) became “{one.state.words}”", 20,
        )  # fmt: skip

    def correct(self, one: Kept) -> None:
        """Mend the submitter's name; a new version of the receipt comes out."""
        self.press("F3")
        self.scan(one.code)
        time.sleep(0.5)
        self.press("ctrl+m", wait_s=0.9)
        self.press("End")
        self.type(" Sửa", enter=False)
        self.press("shift+Tab")
        self.type("Sai tên trên giấy tờ", enter=False)
        self.look("correct")
        self.press("F9")
        paper = self.paper("the corrected receipt")
        if "BẢN SỬA ĐỔI LẦN 1" not in paper.text or paper.dossier != one.code:
            raise DidNotHappen(f"the corrected receipt of {one.code} says that it is corrected")

    def supplement(self, one: Kept, *, comes: bool) -> None:
        """Ask for a paper; perhaps it is brought at once."""
        self.act(one, "1")
        self.type("Bản sao giấy tờ tùy thân", enter=False)
        self.press("F9")
        paper = self.paper("form 02")
        if one.code not in paper.text or "bổ sung" not in paper.text.lower():
            raise DidNotHappen(f"form 02 of {one.code} came out")
        one.is_now(BusinessState.AWAITING_SUPPLEMENT)
        if comes:
            self.act(one, "2")
            self.press("1", "F9", wait_s=0.8)
            one.is_now(BusinessState.IN_WORK, waits=True)
            self.see(one)

    def end(self, one: Kept, number: str, state: BusinessState, form: str = "") -> None:
        """End a dossier with a reason."""
        self.act(one, number)
        self.type("Không còn nhu cầu giải quyết")
        if form:
            paper = self.paper("the form of refusal")
            if form not in paper.text or one.code not in paper.text:
                raise DidNotHappen(f"the form of refusal of {one.code} came out")
        one.is_now(state)
        self.see(one)

    def return_at_once(self) -> None:
        """What is done on the spot goes out before the citizen has left."""
        with self.story.step("Copies and signatures certified on the spot go out") as seen:
            for one in self.ledger.of(*AT_ONCE):
                self.give(one)
            seen.append(f"{self.ledger.returned} results")

    def give(self, one: Kept) -> None:
        """Scan the receipt, take what is still owed, F9; the slip of receipt comes out."""
        self.press("F4")
        self.scan(one.code)
        if one.owed:
            self.pay(one)
        self.press("F9")
        paper = self.paper("the slip of a result")
        if one.code not in paper.text:
            raise DidNotHappen(f"the slip of {one.code} came out")
        one.is_now(BusinessState.RETURNED)

    # ---- paper goes on, work is done ---------------------------------------------------

    def hand_over(self) -> str:
        """Everything that waits goes on with one slip; return its number."""
        with self.story.step("Paper is handed over with a slip") as seen:
            self.press("shift+F4", "F7", wait_s=0.8)
            self.look("hand-over")
            self.press("F9")
            paper = self.paper("the slip of the hand-over")
            numbers = [code for code in paper.codes if is_slip_number(code)]
            if not numbers:
                raise DidNotHappen(f"the slip's number is read from its barcode: {paper.codes}")
            on_it = [one for one in self.ledger.dossiers if one.code in paper.text]
            seen.append(f"{numbers[0]}: {len(on_it)} dossiers")
            waiting = {one.code for one in self.ledger.dossiers if one.waits}
            differing = waiting ^ {one.code for one in on_it}
            if differing:
                raise DidNotHappen(f"the slip lists what waits, and nothing else: {differing}")
            return numbers[0]

    def switch(self, user: str) -> None:
        """Ctrl+U: somebody else takes the keyboard; the down key finds the name."""
        others = sorted((name, other) for other, name in _NAMES.items() if other != self._user)
        steps = [other for _, other in others].index(user) + 1
        self.press("ctrl+u", wait_s=1.5)
        self.press(*["Down"] * steps)
        self.type(sample.PIN)
        time.sleep(2.0)
        self._user = user

    def process(self, open_ones: list[Kept], slip: str) -> list[Kept]:
        """The officer takes, proposes and extends, the leader signs; return what has a result."""
        proposed = [one for one in open_ones if one.short != "ltbh"][: 3 * self.each]
        later = next(one for one in open_ones if one not in proposed and one.short != "ltbh")
        with self.story.step(
            "The officer confirms the slip by a scan and lays drafts down"
        ) as seen:
            self.switch(OFFICER)
            self.scan(slip)
            time.sleep(0.8)
            self.look("officer-queue")
            for one in open_ones:
                one.is_now(BusinessState.IN_WORK)
            for one in proposed:
                self.at(one)
                self.press("p", "F9", wait_s=0.8)
            seen.append(f"{len(proposed)} drafts")
        with self.story.step("A due date is put off once, with the apology of form 04") as seen:
            self.at(later)
            self.press("x", wait_s=0.8)
            self.type(f"{dt.datetime.now(VIETNAM) + dt.timedelta(days=20):%d%m%Y}")
            self.type("Chờ xác minh", enter=False)
            self.press("F9")
            if later.code not in self.paper("form 04").text:
                raise DidNotHappen(f"form 04 of {later.code} came out")
            seen.append(later.code)
        with self.story.step("The leader signs several with one key, and sends one back") as seen:
            self.switch(LEADER)
            self.press("shift+F3", wait_s=0.9)
            self.at(proposed[-1])
            self.press("d", wait_s=0.7)
            self.type("Ghi rõ căn cứ")
            time.sleep(0.6)
            self.look("leader-queue")
            self.press("Home", wait_s=0.3)
            self.press(*["space"] * (len(proposed) - 1), "k", wait_s=0.4)
            time.sleep(1.0)
            seen.append(f"{len(proposed) - 1} signed, 1 sent back")
        with self.story.step("The officer records the signed results") as seen:
            self.switch(OFFICER)
            self.press("shift+F3", wait_s=0.9)
            for i, one in enumerate(proposed[:-1]):
                self.at(one)
                self.press("r", wait_s=0.8)
                self.type(f"{i + 1}/GXN", enter=False)
                self.press("F9", wait_s=0.8)
                one.is_now(BusinessState.FINISHED)
                self.see(one)
            self.look("results-recorded")
            seen.append(f"{len(proposed) - 1} results")
        return proposed[:-1]

    def at(self, one: Kept) -> None:
        """Put the cursor on a dossier by scanning its receipt."""
        self.scan(one.code)

    def return_results(self, done: list[Kept], seen: list[str]) -> None:
        """Results go out: to the submitter, and to somebody with an authority."""
        self.switch(sample.USER)
        for i, one in enumerate(done):
            if i == len(done) - 1:
                self.press("F4")
                self.scan(one.code)
                if one.owed:
                    self.pay(one)
                self.press("u")
                self.scan(self.card())
                self.type("Giấy uỷ quyền 12/2026", enter=False)
                self.look("authorised")
                self.press("F9")
                if one.code not in self.paper("the slip of a result").text:
                    raise DidNotHappen(f"the slip of {one.code} came out")
                one.is_now(BusinessState.RETURNED)
            else:
                self.give(one)
        seen.append(f"{len(done)} results, one of them to somebody with an authority")

    # ---- the end of the day --------------------------------------------------------------

    def statistics(self) -> None:
        """The figures of the day, as charts."""
        with self.story.step("The day's figures are looked at") as seen:
            self.press("shift+F7", wait_s=1.5)
            self.look("statistics")
            self.press("shift+F2", wait_s=1.0)
            self.look("register")
            seen.append("charts and the day book")

    def end_shift(self) -> None:
        """Count the drawer, and read the sheet back."""
        with self.story.step("The shift is closed; every figure of its sheet is right") as seen:
            ledger = self.ledger
            must_hold = FLOAT + ledger.cash
            self.press("shift+F8", wait_s=1.0)
            self.press("F9", wait_s=1.0)
            self.press(*["Return"] * 9, wait_s=0.2)
            self.type(str(must_hold), enter=False)
            self.look("drawer-counted")
            self.press("F9")
            paper = self.paper("the sheet of the shift")
            said = figures_of(paper)
            expected = {
                "Hồ sơ đã tiếp nhận": ledger.received,
                "Hồ sơ đã hoàn tác": len(ledger.voided),
                "Kết quả đã trả": ledger.returned,
                "Tiền lẻ đầu ca": FLOAT,
                "Thu tiền mặt": ledger.cash,
                "Hoàn tiền mặt": 0,
                "Phải có trong két": must_hold,
                "Thực đếm": must_hold,
                "Chênh lệch": 0,
            }
            hold(said, expected, "the sheet of the shift")
            if not re.search(rf"két\)\D*{ledger.transfers:,}".replace(",", "."), paper.text):
                raise DidNotHappen(f"transfers of {ledger.transfers} stand on the shift's sheet")
            seen += [f"{words} {value}" for words, value in expected.items() if value]

    def close_day(self) -> None:
        """Seal the day, and hold its sheet against the tray and the counts."""
        with self.story.step("The day is sealed; every figure of the day sheet is right") as seen:
            ledger = self.ledger
            until(lambda: green(self.stage), "everything is proven before the day is closed", 90)
            sheets = sum(paper.sheets for paper in ledger.papers)
            self.press("shift+F2", wait_s=1.0)
            self.press("F9")
            paper = self.paper("the day sheet")
            self.look("day-sheet")
            self.press("Escape")
            said = figures_of(paper)
            expected = {
                "Hồ sơ tiếp nhận": ledger.received,
                "Giấy tiếp nhận đã in": ledger.receipts,
                "Số tờ giấy máy in đã dùng": sheets,
                "Máy chủ đã xác nhận": ledger.received,
            }
            hold(said, expected, "the day sheet")
            voids = f"trong đó đã hoàn tác {len(ledger.voided)}"
            wanted = [voids, "KHỚP", *(one.code for one in ledger.dossiers), *ledger.voided]
            missing = [words for words in wanted if words not in paper.text]
            if missing or "CHƯA KHỚP" in paper.text:
                raise DidNotHappen(f"the day sheet names everything and agrees: {missing}")
            seen += [f"{words} {value}" for words, value in expected.items()]
            seen.append("KHỚP")

    def check_server(self) -> None:
        """Every dossier is on the server, once, in the state that it should have."""
        with self.story.step("The server knows every dossier, once, in its state") as seen:
            database = self.stage.office.folder / "server.db"
            with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as server:
                codes = [row[0] for row in server.execute("select code from dossier")]
            ours = [one.code for one in self.ledger.dossiers] + self.ledger.voided
            if Counter(codes) != Counter(ours):
                raise DidNotHappen("the server has the same codes as the printed receipts, once")
            wrong = []
            for one in self.ledger.dossiers:
                shown = self.stage.command("show", one.code)
                if shown["state"] != one.state:
                    said = shown["state_words"]
                    wrong.append(f"{one.code} ({one.short}): {said}, not {one.state.words}")
            if wrong:
                raise DidNotHappen("every dossier is in its state: " + "; ".join(wrong))
            states = Counter(one.state for one in self.ledger.dossiers)
            seen.append(f"{len(codes)} codes")
            seen += [f"{state.words}: {count}" for state, count in states.most_common()]
            (OUT / "ledger.json").write_text(
                json.dumps(
                    [vars(one) | {"card": ""} for one in self.ledger.dossiers], ensure_ascii=False,
                    indent=1,
                ),
                "utf-8",
            )  # fmt: skip


def read_paper(path: Path) -> Paper:
    """Return a printed paper's words, the codes on its first page, and how many sheets it has."""
    text = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    ).stdout
    done = subprocess.run(
        ["pdftoppm", "-r", "200", "-png", "-f", "1", "-l", "1", str(path)],
        capture_output=True, check=True,
    )  # fmt: skip
    with Image.open(io.BytesIO(done.stdout)) as picture:
        codes = tuple(found.text for found in zxingcpp.read_barcodes(picture.convert("L")))
    info = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, check=True)
    pages = re.search(r"^Pages:\s+(\d+)", info.stdout, re.MULTILINE)
    return Paper(path, " ".join(text.split()), codes, int(pages[1]) if pages else 0)


def figures_of(paper: Paper) -> Callable[[str], int | None]:
    """Return a reader of the figure that follows some words on a paper."""

    def read(words: str) -> int | None:
        found = re.search(rf"{re.escape(words)}\s*:?\s*([\d.]+)", paper.text)
        return None if found is None else int(found[1].rstrip(".").replace(".", ""))

    return read


def hold(said: Callable[[str], int | None], expected: dict[str, int], what: str) -> None:
    """Hold a paper's figures against what was counted."""
    wrong = [
        f"{words}: {said(words)}, not {value}"
        for words, value in expected.items()
        if said(words) != value
    ]
    if wrong:
        raise DidNotHappen(f"{what} is right: " + "; ".join(wrong))
