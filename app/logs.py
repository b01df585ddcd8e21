"""Log files without personal data, and the last-resort exception hook."""

from __future__ import annotations

import logging
import logging.handlers
import re
import sys
import threading
import uuid
from pathlib import Path
from types import TracebackType

_NUMBERS = re.compile(r"(?<!\w)(?<!\w[.\-])(?:\+84|0)?\d{9,12}(?!\w|[.\-]\w)")
_CARD = re.compile(r"\d{12}\|[^\s]*.*")
log = logging.getLogger("quaymotcua")


class Redacting(logging.Formatter):
    """Blanks out card texts, ID and phone numbers, wherever they slip in."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line with personal numbers masked."""
        return redact(super().format(record))


def redact(text: str) -> str:
    """Return `text` without card texts, ID and phone numbers."""
    return _NUMBERS.sub("[số]", _CARD.sub("[thẻ]", text))


def start_logging(folder: Path, *, verbose: bool = False) -> None:
    """Log to rotating files in `folder`; to standard error too if `verbose`."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handlers: list[logging.Handler] = [
        logging.handlers.RotatingFileHandler(
            folder / "workstation.log", maxBytes=5_000_000, backupCount=10, encoding="utf-8"
        )
    ]
    if verbose:
        handlers.append(logging.StreamHandler())
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for handler in handlers:
        handler.setFormatter(shape)
        root.addHandler(handler)


def reference(bug: BaseException) -> str:
    """Log a bug with its traceback; return the reference that the clerk sees."""
    mark = uuid.uuid4().hex[:8]
    log.error("unexpected %s, reference %s", type(bug).__name__, mark, exc_info=bug)
    return mark


def hook_exceptions() -> None:
    """Log what nobody caught, on any thread."""

    def of_main(kind: type[BaseException], value: BaseException, _: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        mark = reference(value)
        sys.stderr.write(f"Chương trình gặp sự cố. Mã tham chiếu: {mark}\n")

    sys.excepthook = of_main
    threading.excepthook = lambda args: of_main(
        args.exc_type, args.exc_value or RuntimeError("no value"), args.exc_traceback
    )
