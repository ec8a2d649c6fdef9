"""Zip archives of mails."""

import io
import struct
import zipfile

import pytest
from hypothesis import given, settings, strategies as st

from whybounce.sources import stream
from whybounce.sources.kinds import mails_in

MAIL = b"Subject: words\n\nwords\n"
BOX = b"From anna Thu Jan  1 00:00:00 2026\n" + MAIL


def archive(*members: tuple[str, bytes]) -> bytes:
    """Return an archive of the members."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as writing:
        for name, raw in members:
            writing.writestr(name, raw)
    return packed.getvalue()


def read(raw: bytes) -> list[tuple[str, bytes | None, list[str]]]:
    """Return source, bytes and defects of each mail."""
    mails = mails_in("a.zip", io.BufferedReader(io.BytesIO(raw)))
    return [(mail.source, mail.raw, [defect.what for defect in mail.defects]) for mail in mails]


def test_members_are_mails_and_mboxes_in_their_order():
    """Named by the archive and their own name; folders are no mails."""
    packed = archive(
        ("b.eml", MAIL), ("sub/", b""), ("sub/box", BOX + b"\n" + BOX), ("é.eml", MAIL)
    )

    assert [(source, raw) for source, raw, _ in read(packed)] == [
        ("a.zip/b.eml", MAIL),
        ("a.zip/sub/box#1", MAIL + b"\n"),
        ("a.zip/sub/box#2", MAIL),
        ("a.zip/é.eml", MAIL),
    ]


def test_an_archive_in_it_stays_closed_and_the_next_member_is_read():
    """One row says so."""
    rows = read(archive(("in.zip", archive(("x", MAIL))), ("b.eml", MAIL)))

    assert rows[0][1:] == (None, ["an archive inside an archive is not opened; unpack it first"])
    assert rows[1][1] == MAIL


def test_an_empty_archive_says_so():
    """It is no mail of no bytes."""
    assert read(archive()) == [("a.zip", None, ["the zip archive is empty"])]


def test_an_encrypted_member_says_what_to_do():
    """And the next one is read."""
    packed = bytearray(archive(("a", MAIL), ("b", MAIL)))
    listed = packed.index(b"PK\x01\x02")
    packed[6] |= 1  # APPNOTE.TXT §4.4.4: bit 0 of the flags, in the member and in the list.
    packed[listed + 8] |= 1

    assert read(bytes(packed))[0][2] == ["is encrypted; unpack it with its password first"]
    assert read(bytes(packed))[1][1] == MAIL


def test_a_way_of_packing_that_is_not_known_says_so():
    """And the next one is read."""
    packed = bytearray(archive(("a", MAIL), ("b", MAIL)))
    listed = packed.index(b"PK\x01\x02")
    packed[8:10] = packed[listed + 10 : listed + 12] = b"\x63\x00"

    assert "packed in a way" in read(bytes(packed))[0][2][0]
    assert read(bytes(packed))[1][1] == MAIL


def test_a_truncated_archive_says_so():
    """Its list of members stands at the end."""
    assert "damaged" in read(archive(("a", MAIL))[:-10])[0][2][0]


def test_members_unpack_to_a_bounded_whole(monkeypatch):
    """The bound is the archive's, not each member's."""
    monkeypatch.setattr(stream, "_ALWAYS_ALLOWED", 300_000)
    rows = read(archive(*((str(number), bytes(100_000)) for number in range(10))))

    assert [raw is not None for _, raw, _ in rows] == [True] * 3 + [False] * 7
    assert "unpacks to more than" in rows[-1][2][0]


@pytest.mark.parametrize("large", [False, True], ids=["zip", "zip64"])
def test_a_list_of_members_too_long_to_hold_is_refused_before_it_is_read(large):
    """Whichever of the two records at the end says how long it is."""
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 50 if large else 2**25, 0, 0)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 2**25, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 30, 1)
    packed = b"PK\x03\x04".ljust(30, b"\0") + (record + locator if large else b"") + end

    assert "too many members" in read(packed)[0][2][0]


def test_a_member_may_be_without_a_name():
    """Damage makes the name begin with the letter that ends it."""
    packed = archive(("a.eml", MAIL)).replace(b"a.eml", b"\0.eml")

    assert [source for source, _, _ in read(packed)] == ["a.zip/"]


@given(st.data())
@settings(max_examples=300)
def test_no_damage_makes_it_raise(data):
    """Bytes flipped and cut anywhere: rows, whatever they hold."""
    packed = bytearray(archive(("a.eml", MAIL), ("b.mbox", BOX + BOX)))
    for _ in range(data.draw(st.integers(1, 4))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    rows = read(bytes(packed[: data.draw(st.integers(1, len(packed)))]))

    assert rows
    assert all(raw is not None or defects for _, raw, defects in rows)
