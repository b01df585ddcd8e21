"""Quầy Một Cửa: the window, or one command."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run a command if one is named, else open the window."""
    if sys.argv[1:] == ["--scanner-child"]:  # an installed program starts its drivers like this
        from app.scanning import child

        return child.main()
    if sys.argv[1:] == ["--cleaner-child"]:
        from app.scanning import cleaner

        return cleaner.main()
    from app.bootstrap import Joiner
    from app.commands import parser

    arguments = parser.make_parser().parse_args()
    if hasattr(arguments, "run"):
        return parser.run(sys.argv[1:], Joiner())
    if sys.platform == "linux" and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        sys.stderr.write("Không có màn hình để mở cửa sổ. Các lệnh vẫn dùng được: main.py --help\n")
        return 3
    from app.ui.application import open_window

    return open_window(arguments.profile, Joiner())


if __name__ == "__main__":
    sys.exit(main())
