"""The counter's main job in thirteen steps: receive, scan, print, lose the server, find it."""

from __future__ import annotations

import shutil
import subprocess
import time
import urllib.request

import zxingcpp
from PIL import Image

from scripts import office as sample
from scripts.demo.stage import (
    HUMAN_MS,
    OUT,
    DidNotHappen,
    Stage,
    Story,
    blobs,
    green,
    is_still,
    scan_card,
    type_line,
    until,
)


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
        until(lambda: blobs(stage) >= 3, "three pages arrived from the feeder")
        until(is_still(lambda: blobs(stage)), "the pages were cleaned")
        seen.append(f"{blobs(stage)} images durable: pages as scanned, and cleaned")
        stage.screen.screenshot(OUT / "2-birth-registration.png")
    with story.step("F9: stored, final code, receipt out of the printer") as seen:
        stage.screen.keys("F9")
        until(lambda: stage.found("nguyen van an"), "the dossier was stored")
        until(lambda: len(stage.shop.printed("HCC")) == 1, "the receipt came out of the printer")
        seen.append(stage.found("nguyen van an")[0]["code"])
        time.sleep(1.0)
        stage.screen.screenshot(OUT / "3-received.png")


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
        status = until(lambda: green(stage), "the light turned green by proof")
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
