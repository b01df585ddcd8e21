"""What makes a machine a station, as a text that is typed, scanned, or kept in a file."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.enrolment import (
    Invitation,
    NotAnInvitation,
    file_text,
    qr_text,
    read_invitation,
)

PLAIN = Invitation(server="https://motcua.tinh.example", code="ABCD-EFGH-JKLM-NPQR-STUV-WXYZ")
WITH_CA = Invitation(server=PLAIN.server, code=PLAIN.code, ca="-----BEGIN CERTIFICATE-----\nx\n")


def test_a_qr_says_where_and_by_what_but_no_certificate():
    assert read_invitation(qr_text(WITH_CA)) == PLAIN
    assert len(qr_text(PLAIN)) < 120


@pytest.mark.parametrize("one", [PLAIN, WITH_CA], ids=["plain", "with a certificate"])
def test_a_file_says_everything(one):
    assert read_invitation(file_text(one)) == one


@pytest.mark.parametrize(
    "text",
    ["", "x", "{}", "[1]", "QMC-DANGKY|https://x", "QMC-DANGKY||", '{"server": "x"}',
     '{"server": "", "code": "y"}', "QMC-DANGKY|a|b|c", "\ud800"],
)  # fmt: skip
def test_what_is_none_is_said_in_words(text):
    with pytest.raises(NotAnInvitation) as refused:
        read_invitation(text)
    assert str(refused.value)


@given(st.text(max_size=200))
def test_no_text_at_all_breaks_the_reader(text):
    with contextlib.suppress(NotAnInvitation):
        read_invitation(text)
