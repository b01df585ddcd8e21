"""Colours and sizes: light and dark, with the contrast of WCAG AA."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

FONT_PT = 10.5
_STEP_PT = 1.0
_FAMILIES = ("Segoe UI", "Noto Sans", "DejaVu Sans")


@dataclass(frozen=True, slots=True)
class Tone:
    """Text and background of a status, as colour names."""

    text: str
    back: str


@dataclass(frozen=True, slots=True)
class Theme:
    """All colours of one look."""

    name: str
    window: str
    base: str
    text: str
    soft: str
    line: str
    button: str
    accent: str
    accent_text: str
    good: Tone
    wait: Tone
    work: Tone
    bad: Tone
    plain: Tone


LIGHT = Theme(
    name="light", window="#eef2f6", base="#ffffff", text="#14202b", soft="#4a5663",
    line="#b9c4cf", button="#f7f9fb", accent="#0b57a0", accent_text="#ffffff",
    good=Tone("#0b4f2a", "#d3f0de"), wait=Tone("#5a3d00", "#ffe9b8"),
    work=Tone("#0b3d6b", "#d6e9fb"), bad=Tone("#7a0c12", "#fbdcdc"),
    plain=Tone("#1f2933", "#e6ebf0"),
)  # fmt: skip
DARK = Theme(
    name="dark", window="#141a20", base="#1c242c", text="#e9eef3", soft="#a9b5c1",
    line="#46525e", button="#283139", accent="#8cc2f5", accent_text="#0b1b2b",
    good=Tone("#b7ecca", "#123d25"), wait=Tone("#ffe2a1", "#4a3606"),
    work=Tone("#cbe4ff", "#16395c"), bad=Tone("#ffd3d5", "#5c161b"),
    plain=Tone("#dfe6ed", "#2b353f"),
)  # fmt: skip
CONTRAST = Theme(
    name="contrast", window="#000000", base="#000000", text="#ffffff", soft="#e6e6e6",
    line="#ffffff", button="#000000", accent="#ffe600", accent_text="#000000",
    good=Tone("#7dff9b", "#000000"), wait=Tone("#ffe600", "#000000"),
    work=Tone("#000000", "#ffe600"), bad=Tone("#000000", "#ff9d9d"),
    plain=Tone("#ffffff", "#1a1a1a"),
)  # fmt: skip
THEMES = (LIGHT, DARK, CONTRAST)


@dataclass(slots=True)
class _Choice:
    """What was chosen instead of what the system has."""

    theme: Theme | None = None
    step: int = 0


_choice = _Choice()


def current() -> Theme:
    """Return the theme that the application shows now."""
    if _choice.theme is not None:
        return _choice.theme
    hints = QGuiApplication.styleHints()
    if hints.accessibility().contrastPreference() is Qt.ContrastPreference.HighContrast:
        return CONTRAST
    return DARK if hints.colorScheme() is Qt.ColorScheme.Dark else LIGHT


def of_name(name: str) -> Theme | None:
    """Return a theme by its name; None follows the system."""
    return next((theme for theme in THEMES if theme.name == name), None)


def choose(app: QApplication, theme: Theme | None, step: int) -> None:
    """Give the application a look and a size of type.

    Args:
        app: the application.
        theme: None follows the system.
        step: −1 smaller, 0 usual, 1 and 2 larger; a point each.
    """
    _choice.theme, _choice.step = theme, step
    apply(app, theme)


def apply(app: QApplication, theme: Theme | None = None) -> None:
    """Give the application one look on every system."""
    app.setStyle("Fusion")
    if theme is not None:
        _choice.theme = theme
        scheme = Qt.ColorScheme.Light if theme is LIGHT else Qt.ColorScheme.Dark
        app.styleHints().setColorScheme(scheme)
    theme = theme or current()
    app.setPalette(_palette(theme))
    app.setStyleSheet(_sheet(theme))
    families = set(QFontDatabase.families())
    family = next((name for name in _FAMILIES if name in families), "")
    font = QFont(family) if family else app.font()
    font.setPointSizeF(FONT_PT + _STEP_PT * _choice.step)
    app.setFont(font)


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for name, colour in (
        (role.Window, theme.window), (role.WindowText, theme.text), (role.Base, theme.base),
        (role.AlternateBase, theme.window), (role.Text, theme.text),
        (role.Button, theme.button), (role.ButtonText, theme.text),
        (role.Highlight, theme.accent), (role.HighlightedText, theme.accent_text),
        (role.ToolTipBase, theme.base), (role.ToolTipText, theme.text),
        (role.PlaceholderText, theme.soft), (role.Link, theme.accent),
        (role.Mid, theme.line), (role.Dark, theme.line), (role.Light, theme.base),
    ):  # fmt: skip
        palette.setColor(name, QColor(colour))
    for name in (role.Text, role.ButtonText, role.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(theme.soft))
    return palette


def _sheet(theme: Theme) -> str:
    return f"""
    QComboBox {{ min-height: 26px; }}
    QLineEdit, QPlainTextEdit {{ background: {theme.base}; color: {theme.text};
        border: 1px solid {theme.soft}; border-radius: 3px; padding: 3px 6px; min-height: 22px; }}
    QLineEdit:focus, QTableView:focus, QPlainTextEdit:focus {{
        border: 2px solid {theme.accent}; padding: 2px 5px; }}
    QLineEdit[fault="true"] {{ border: 2px solid {theme.bad.text}; background: {theme.bad.back};
        color: {theme.bad.text}; padding: 2px 5px; }}
    QTableView::item:selected {{ background: {theme.work.back}; color: {theme.work.text}; }}
    QTableView {{ outline: 0; background: {theme.base}; border: 1px solid {theme.line};
        gridline-color: {theme.line}; selection-background-color: {theme.work.back};
        selection-color: {theme.work.text}; }}
    QHeaderView::section {{ background: {theme.window}; color: {theme.soft}; border: 0;
        border-bottom: 1px solid {theme.line}; padding: 4px 6px; }}
    QPushButton {{ background: {theme.button}; color: {theme.text};
        border: 1px solid {theme.soft}; border-radius: 4px; padding: 4px 12px; min-height: 26px; }}
    QPushButton[small="true"] {{ padding: 2px 6px; min-height: 24px; }}
    QPushButton:focus {{ border: 2px solid {theme.accent}; }}
    QPushButton:checked {{ background: {theme.work.back}; color: {theme.work.text}; }}
    QPushButton:disabled {{ color: {theme.soft}; border-color: {theme.line}; }}
    QPushButton[main="true"] {{ background: {theme.accent}; color: {theme.accent_text};
        border-color: {theme.accent}; font-weight: 600; }}
    QPushButton[nav="true"] {{ text-align: left; border: 0; border-radius: 4px; padding: 2px 10px;
        min-height: 24px; background: transparent; }}
    QPushButton[nav="true"]:checked {{ background: {theme.work.back}; color: {theme.work.text};
        font-weight: 600; }}
    QFrame[card="true"] {{ background: {theme.base}; border: 1px solid {theme.line};
        border-radius: 6px; }}
    QFrame[card="true"] QLabel {{ background: transparent; border: 0; }}
    QLabel[soft="true"] {{ color: {theme.soft}; }}
    QLabel[head="true"] {{ font-weight: 600; }}
    QStatusBar {{ background: {theme.window}; color: {theme.soft}; }}
    """


def tone_sheet(tone: Tone) -> str:
    """Return the style of a label in a tone."""
    return f"background: {tone.back}; color: {tone.text}; border-radius: 4px; padding: 4px 10px;"
