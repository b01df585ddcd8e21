"""Quầy Một Cửa: the window, or one command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run a command if one is named, else open the window."""
    from app.bootstrap import Joiner
    from app.commands import parser

    arguments = parser.make_parser().parse_args()
    if hasattr(arguments, "run"):
        return parser.run(sys.argv[1:], Joiner())
    from app.ui.application import open_window

    return open_window(arguments.profile, Joiner())


if __name__ == "__main__":
    sys.exit(main())
