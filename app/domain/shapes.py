"""Make known to msgspec what every message, body and catalogue entry looks like.

It learns a dataclass when it first meets it. When two threads meet the same
one at the same moment it may crash the process (msgspec 0.22), so a process
with threads lets it learn all of them before it starts the second.
"""

from __future__ import annotations

import dataclasses

import msgspec

from app.domain import bodies, bundle, catalogue, fold, wire


def learn() -> int:
    """Build the reader of every dataclass; return how many there are. Safe to repeat."""
    found = {
        value
        for module in (bodies, bundle, catalogue, fold, wire)
        for value in vars(module).values()
        if isinstance(value, type) and dataclasses.is_dataclass(value)
    }
    for each in found:
        msgspec.json.Decoder(each)
    return len(found)
