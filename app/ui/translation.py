"""Vietnamese for Qt's own dialogs, which Qt does not ship."""

from __future__ import annotations

import tomllib
from pathlib import Path

from PySide6.QtCore import QObject, QTranslator

_FILE = Path(__file__).parent.parent.parent / "resources" / "translations" / "qt.toml"


class QtInVietnamese(QTranslator):
    """Answers Qt's source texts from resources/translations/qt.toml."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: dict[str, dict[str, str]] = tomllib.loads(_FILE.read_text("utf-8"))

    def isEmpty(self) -> bool:
        """Say that there are words."""
        return not self._words

    def translate(
        self,
        context: str,
        sourceText: str,
        disambiguation: str | None = None,  # noqa: ARG002
        n: int = -1,  # noqa: ARG002
    ) -> str:
        """Return the words, or nothing so that the source text stays."""
        return self._words.get(context, {}).get(sourceText, "")
