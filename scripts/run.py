"""`make run`: a local server with a sample office, and the window on it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from scripts import office as sample

FOLDER = sample.ROOT / "var" / "run"
DEFAULT_PORT = 8440


def main() -> int:
    """Set up on first use, start the server, open the window; return its exit code."""
    if not has_display():
        print("Không có màn hình ở đây, nên chạy bản trình diễn thay cho cửa sổ: make demo")
        return subprocess.run(["make", "demo"], cwd=sample.ROOT, check=False).returncode
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the server must end with us
    office = sample.Office(FOLDER / "server", _port())
    profile = FOLDER / "quay-1"
    office.set_up()
    office.start()
    try:
        if not (profile / "station.toml").exists():
            sample.enrol(office, profile)
        print(f"Máy chủ:        {office.address}   (trang tra cứu: {office.address}/tra-cuu)")
        print(f"Người dùng mẫu: {sample.USER}   mật khẩu: {sample.PASSWORD}   PIN: {sample.PIN}")
        print(f"Dữ liệu:        {FOLDER}   (make clean-run để xoá)")
        window = [sys.executable, str(sample.ROOT / "main.py"), "--profile", str(profile)]
        return subprocess.run(window, cwd=sample.ROOT, check=False).returncode
    finally:
        office.stop()


def has_display() -> bool:
    """Tell whether a window can be shown."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _port() -> int:
    """Return the port of the first run; the receipts' QR names it."""
    kept = FOLDER / "port"
    if kept.exists():
        return int(kept.read_text("ascii"))
    FOLDER.mkdir(parents=True, exist_ok=True)
    port = DEFAULT_PORT
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
    kept.write_text(str(port), "ascii")
    return port


if __name__ == "__main__":
    sys.exit(main())
