"""A screen without a monitor: an X server with a window manager, a keyboard and a camera."""

import os
import select
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import Child, bare_environment, program, run

_TONES = (
    "",
    "\N{COMBINING GRAVE ACCENT}",
    "\N{COMBINING HOOK ABOVE}",
    "\N{COMBINING TILDE}",
    "\N{COMBINING ACUTE ACCENT}",
    "\N{COMBINING DOT BELOW}",
)
_VOWELS = "aăâeêioôơuưy"
_PUNCTUATION = "₫–“”…"
_SPARE_KEYS = (*range(147, 191), *range(208, 256))  # media keys and the like
_KEYMAP = """\
xkb_keymap {
  xkb_keycodes { include "evdev+aliases(qwerty)+vietnamese" };
  xkb_types { include "complete" };
  xkb_compat { include "complete" };
  xkb_symbols { include "pc+us+inet(evdev)+vietnamese" };
};
"""


@dataclass(frozen=True)
class Display:
    """A running screen.

    Attributes:
        name: What the variable DISPLAY is to hold.
        env: What to add to the environment of programs that shall show on this screen.
    """

    name: str
    env: dict[str, str]

    def screenshot(self, path: Path) -> None:
        """Save what the whole screen shows; the name's ending chooses the format."""
        self._run("import", "-window", "root", str(path))

    def keys(self, *keys: str) -> None:
        """Press keys one after the other, such as "F9", "alt+h" or "Tab"."""
        self._run("xdotool", "key", "--", *keys)

    def type_text(self, text: str, delay_ms: int = 12) -> None:
        """Type a text into whatever has the focus.

        English and Vietnamese letters have keys of their own and arrive at any speed. Any other
        letter borrows a key for a moment, which a program may miss with a delay below about 50 ms.

        Args:
            text: What to type; a last newline presses Return.
            delay_ms: Time from key to key: 1 or 2 for a barcode reader, 100 for a person.
        """
        words = ["--", text.removesuffix("\n"), "end-of-text"]
        enter = ["key", "--delay", str(delay_ms), "Return"] if text.endswith("\n") else []
        options = ["--delay", str(delay_ms), "--terminator", "end-of-text"]
        self._run("xdotool", "type", *options, *words, *enter)

    def _run(self, name: str, *arguments: str) -> None:
        run([program(name), *arguments], os.environ | self.env, timeout_s=120)


@contextmanager
def display(folder: Path, width: int = 1366, height: int = 768, dpi: int = 96) -> Iterator[Display]:
    """Run an X server on a free display number, with the window manager openbox.

    Args:
        folder: Where logs and the window manager's settings go; made if missing.
        width: Width of the screen in pixels.
        height: Height of the screen in pixels.
        dpi: Resolution the screen claims to have.

    Yields:
        The running screen.
    """
    folder.mkdir(parents=True, exist_ok=True)
    reader, writer = os.pipe()
    command = [program("Xvfb"), "-displayfd", str(writer), "-screen", "0", f"{width}x{height}x24"]
    command += ["-dpi", str(dpi), "-nolisten", "tcp", "-noreset"]
    try:
        server = Child(command, folder / "xvfb.log", bare_environment(folder), pass_fds=[writer])
    finally:
        os.close(writer)
    with server:
        try:
            name = f":{_number(server, reader)}"
        finally:
            os.close(reader)
        _connect_keyboard(folder, name)
        with _window_manager(folder, name):
            yield Display(name, {"DISPLAY": name, "QT_QPA_PLATFORM": "xcb"})


def _number(server: Child, reader: int) -> str:
    """Return the number the X server has chosen, which it tells once it is ready."""
    server.wait_for(lambda: select.select([reader], [], [], 0)[0], 15, "X server")
    return os.read(reader, 16).decode().strip()


def _connect_keyboard(folder: Path, name: str) -> None:
    """Give the screen a keyboard with a key for every Vietnamese letter."""
    combined = [unicodedata.normalize("NFC", vowel + tone) for vowel in _VOWELS for tone in _TONES]
    letters = [letter for letter in [*combined, "đ", *_PUNCTUATION] if not letter.isascii()]
    keys = dict(zip(_SPARE_KEYS, letters, strict=False))
    codes = "".join(f"  <V{code}> = {code};\n" for code in keys)
    symbols = "".join(
        f'  key <V{code}> {{ type = "ALPHABETIC", [ {_keysym(low)}, {_keysym(low.upper())} ] }};\n'
        for code, low in keys.items()
    )
    for section, lines in (("keycodes", codes), ("symbols", symbols)):
        (folder / section).mkdir(exist_ok=True)
        text = f'default xkb_{section} "vietnamese" {{\n{lines}}};\n'
        (folder / section / "vietnamese").write_text(text, encoding="ascii")
    keymap = folder / "keyboard.xkb"
    keymap.write_text(_KEYMAP, encoding="ascii")
    run([program("xkbcomp"), "-w0", f"-I{folder}", keymap, name], bare_environment(folder))


def _keysym(letter: str) -> str:
    return f"U{ord(letter):04X}"


@contextmanager
def _window_manager(folder: Path, name: str) -> Iterator[None]:
    env = bare_environment(folder, DISPLAY=name, XDG_CONFIG_HOME=str(folder / "config"))
    env |= {"XDG_CACHE_HOME": str(folder / "cache"), "XDG_DATA_HOME": str(folder / "data")}
    ready = folder / "ready"
    ready.unlink(missing_ok=True)
    command = [program("openbox"), "--sm-disable", "--startup", f"touch '{ready}'"]
    with Child(command, folder / "openbox.log", env) as manager:
        manager.wait_for(ready.exists, 15, "window manager")
        yield
