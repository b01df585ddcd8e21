import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printing.drivers.ipp_message import (
    Group,
    Operation,
    Tag,
    UnreadableAnswer,
    collections,
    number,
    pairs,
    read_answer,
    strings,
    write_request,
)


def attribute(tag: int, name: str, raw: bytes) -> bytes:
    encoded = name.encode()
    return struct.pack(">BH", tag, len(encoded)) + encoded + struct.pack(">H", len(raw)) + raw


def answer(*parts: bytes, status: int = 0) -> bytes:
    return struct.pack(">BBHI", 2, 0, status, 1) + b"".join(parts) + b"\x03"


OPERATION = b"\x01" + attribute(Tag.CHARSET, "attributes-charset", b"utf-8")
JOB = b"\x02" + attribute(Tag.INTEGER, "job-id", struct.pack(">i", 17))
PRINTER = (
    b"\x04"
    + attribute(Tag.ENUM, "printer-state", struct.pack(">i", 5))
    + attribute(Tag.KEYWORD, "printer-state-reasons", b"media-empty-error")
    + attribute(Tag.KEYWORD, "", b"cover-open")
    + attribute(Tag.BOOLEAN, "printer-is-accepting-jobs", b"\x00")
    + attribute(Tag.TEXT, "printer-info", "Máy in quầy".encode())
)


def test_a_request_is_the_bytes_of_the_standard():
    request = write_request(
        Operation.PRINT_JOB,
        7,
        {"printer-uri": (Tag.URI, "ipp://a/b")},
        {"copies": (Tag.INTEGER, 2), "duplex": (Tag.BOOLEAN, True)},
    )

    assert request == (
        b"\x02\x00\x00\x02\x00\x00\x00\x07"
        b"\x01"
        b"\x47\x00\x12attributes-charset\x00\x05utf-8"
        b"\x48\x00\x1battributes-natural-language\x00\x02vi"
        b"\x45\x00\x0bprinter-uri\x00\x09ipp://a/b"
        b"\x02"
        b"\x21\x00\x06copies\x00\x04\x00\x00\x00\x02"
        b"\x22\x00\x06duplex\x00\x01\x01"
        b"\x03"
    )


def test_a_request_without_a_job_has_no_job_group():
    request = write_request(Operation.GET_PRINTER_ATTRIBUTES, 1, {})

    assert request[2:4] == b"\x00\x0b"
    assert [kind for kind, _ in read_answer(request).groups] == [Group.OPERATION]


values = st.one_of(
    st.tuples(st.sampled_from([Tag.INTEGER, Tag.ENUM]), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just(Tag.BOOLEAN), st.booleans()),
    st.tuples(st.sampled_from([Tag.TEXT, Tag.NAME, Tag.KEYWORD, Tag.URI, Tag.MIME]),
              st.text(max_size=100)),
)  # fmt: skip
names = st.text(alphabet="abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=30)
sets = st.dictionaries(names, values, max_size=5)


@given(sets, sets)
def test_what_is_written_is_read_back_group_by_group(operation, job):
    found = read_answer(write_request(Operation.PRINT_JOB, 1, operation, job))

    expected = {name: [value] for name, (_, value) in operation.items()}
    read = found.attributes(Group.OPERATION)
    for name, value in expected.items():
        assert read[name][-1:] == value
    assert found.attributes(Group.JOB) == {name: [value] for name, (_, value) in job.items()}


def test_a_printers_answer_is_read():
    found = read_answer(answer(OPERATION, PRINTER, JOB))

    printer = found.attributes(Group.PRINTER)
    assert found.is_ok
    assert strings(printer, "printer-state-reasons") == ["media-empty-error", "cover-open"]
    assert number(printer, "printer-state") == 5
    assert printer["printer-is-accepting-jobs"] == [False]
    assert strings(printer, "printer-info") == ["Máy in quầy"]
    assert number(found.attributes(Group.JOB), "job-id") == 17


def test_what_an_answer_does_not_say_is_empty():
    found = read_answer(answer(OPERATION))

    assert found.attributes(Group.JOB) == {}
    assert strings({}, "x") == []
    assert number({}, "x") == 0
    assert number({"x": []}, "x") == 0


@pytest.mark.parametrize(
    ("status", "is_ok"), [(0x0000, True), (0x0001, True), (0x00FF, True), (0x0100, False),
                          (0x0400, False), (0x040B, False), (0x0507, False)],
)  # fmt: skip
def test_an_answer_is_good_or_bad_by_its_status(status, is_ok):
    found = read_answer(answer(status=status))

    assert (found.status, found.is_ok) == (status, is_ok)


@pytest.mark.parametrize("tag", [0x10, 0x12, 0x13])
def test_a_value_that_a_printer_does_not_know_is_no_number(tag):
    found = read_answer(answer(b"\x02" + attribute(tag, "job-state", b"")))

    assert number(found.attributes(Group.JOB), "job-state") == 0


def test_only_the_first_group_of_a_kind_counts():
    second = b"\x02" + attribute(Tag.INTEGER, "job-id", struct.pack(">i", 99))

    assert number(read_answer(answer(JOB, second)).attributes(Group.JOB), "job-id") == 17


def test_letters_that_are_not_utf_8_do_not_stop_the_reading():
    raw = attribute(Tag.TEXT, "printer-info", b"M\xe1y in")

    found = read_answer(answer(b"\x04" + raw))

    assert strings(found.attributes(Group.PRINTER), "printer-info") == ["M\ufffdy in"]


SIZE = {"x-dimension": (Tag.INTEGER, 14800), "y-dimension": (Tag.INTEGER, 21000)}
MEDIA = {"media-size": (Tag.COLLECTION, SIZE), "media-source": (Tag.KEYWORD, "tray-2")}


def test_a_collection_within_a_collection_is_written_and_read_back():
    request = write_request(
        Operation.PRINT_JOB, 1, {},
        {"media-col": (Tag.COLLECTION, MEDIA), "copies": (Tag.INTEGER, 2)},
    )  # fmt: skip

    job = read_answer(request).attributes(Group.JOB)

    (media,) = collections(job, "media-col")
    assert strings(media, "media-source") == ["tray-2"]
    (size,) = collections(media, "media-size")
    assert (number(size, "x-dimension"), number(size, "y-dimension")) == (14800, 21000)
    assert number(job, "copies") == 2


def test_a_set_of_words_is_written_under_one_name():
    request = write_request(
        Operation.GET_JOBS, 1, {"requested-attributes": (Tag.KEYWORD, ["job-id", "job-name"])}
    )

    found = read_answer(request).attributes(Group.OPERATION)

    assert strings(found, "requested-attributes") == ["job-id", "job-name"]


def test_ranges_and_resolutions_are_pairs():
    raw = attribute(Tag.RANGE, "copies-supported", struct.pack(">ii", 1, 99))
    raw += attribute(Tag.RESOLUTION, "dpi", struct.pack(">iib", 300, 300, 3))

    found = read_answer(answer(b"\x04" + raw)).attributes(Group.PRINTER)

    assert pairs(found, "copies-supported") == [(1, 99)]
    assert pairs(found, "dpi") == [(300, 300)]


def test_collections_that_nest_without_end_are_unreadable():
    inner = attribute(Tag.MEMBER, "", b"m") + attribute(Tag.COLLECTION, "", b"")

    with pytest.raises(UnreadableAnswer):
        read_answer(answer(b"\x04" + attribute(Tag.COLLECTION, "c", b"") + inner * 100_000))


COLLECTION = attribute(Tag.COLLECTION, "c", b"") + attribute(Tag.MEMBER, "", b"m")
COLLECTION += attribute(Tag.INTEGER, "", b"\0\0\0\7") + attribute(Tag.END_COLLECTION, "", b"")
WHOLE = answer(OPERATION, PRINTER, COLLECTION, JOB)


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_an_answer_cut_off_anywhere_is_unreadable(length):
    with pytest.raises(UnreadableAnswer):
        read_answer(WHOLE[:length])


@pytest.mark.parametrize(
    "data",
    [
        b"<html>404 Not Found</html>",
        answer(attribute(Tag.INTEGER, "job-id", b"\x00" * 4)),
        answer(b"\x02" + attribute(Tag.INTEGER, "job-id", b"\x00" * 3)),
        answer(b"\x02" + attribute(Tag.ENUM, "job-state", b"")),
        answer(b"\x02" + attribute(Tag.TEXT, "x" * 1025, b"")),
        answer(b"\x02" + struct.pack(">BH", Tag.TEXT, 2) + b"\xff\xff" + b"\x00\x00"),
    ],
)
def test_bytes_that_are_no_answer_are_unreadable(data):
    with pytest.raises(UnreadableAnswer):
        read_answer(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_unreadable(data):
    for candidate in (data, WHOLE[:8] + data, WHOLE[:40] + data):
        try:
            found = read_answer(candidate)
        except UnreadableAnswer:
            continue
        for _, attributes in found.groups:
            for name in attributes:
                assert isinstance(number(attributes, name), int)
                assert all(isinstance(text, str) for text in strings(attributes, name))
