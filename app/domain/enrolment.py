"""What makes a machine a station, as one text: typed, in a file, or in a QR code.

The text of a QR is short enough for any hand-held scanner; a file may carry the certificate of
a private authority besides. Either holds a code that works once, and nothing else that is secret.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

_MARK = "QMC-DANGKY"
_FIELDS = 3
LONGEST_FILE = 64 * 1024


class NotAnInvitation(ValueError):
    """The text says nothing of an enrolment; the message is Vietnamese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Where to enrol, and by what.

    Attributes:
        server: base address.
        code: one-time code.
        ca: certificate of the server's own authority as PEM, "" for the system's.
    """

    server: str
    code: str
    ca: str = ""


def qr_text(invitation: Invitation) -> str:
    """Return the text of an enrolment's QR; a certificate is not in it."""
    return f"{_MARK}|{invitation.server}|{invitation.code}"


def file_text(invitation: Invitation) -> str:
    """Return the content of an enrolment's file."""
    return msgspec.json.format(msgspec.json.encode(invitation), indent=1).decode() + "\n"


def read_invitation(text: str) -> Invitation:
    """Read the text of a QR or of a file.

    Raises:
        NotAnInvitation: it is neither.
    """
    text = text.strip()
    if text.upper().startswith(_MARK):
        parts = text.split("|")
        if len(parts) == _FIELDS and all(parts):
            return Invitation(server=parts[1].strip(), code=parts[2].strip())
        raise NotAnInvitation("Mã đăng ký này thiếu phần. Quét lại, hoặc gõ tay.")
    try:
        found = msgspec.json.decode(text, type=Invitation)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise NotAnInvitation("Đây không phải tệp hay mã đăng ký máy.") from error
    if not found.server or not found.code:
        raise NotAnInvitation("Tệp đăng ký này thiếu địa chỉ máy chủ hoặc mã.")
    return found
