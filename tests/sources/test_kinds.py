"""What a file is shows in its first bytes."""

import gzip
import io
import tracemalloc

import pytest

from whybounce.sources import stream
from whybounce.sources.kinds import mails_in
from whybounce.sources.single import LONGEST_MAIL

MAIL = b"Subject: words\n\nwords\n"
BOX = b"From anna Thu Jan  1 00:00:00 2026\n" + MAIL


def read(raw: bytes, source: str = "file") -> list[tuple[str, bytes | None, list[str]]]:
    """Return source, bytes and defects of each mail."""
    mails = mails_in(source, io.BufferedReader(io.BytesIO(raw)))
    return [(mail.source, mail.raw, [defect.what for defect in mail.defects]) for mail in mails]


@pytest.mark.parametrize(
    "raw", [b"", b"\n", MAIL, b"550 5.1.1 User unknown", b"Frommage: x\n\n", b"\x00\xff"]
)
def test_what_is_nothing_else_is_one_mail(raw):
    """As it stands, be it empty or no mail at all."""
    assert read(raw) == [("file", raw, [])]


def test_gzip_is_a_mail_or_an_mbox():
    """Also where several streams were put one after the other, as log rotation does."""
    assert read(gzip.compress(MAIL), "a.gz") == [("a.gz", MAIL, [])]
    assert [source for source, _, _ in read(gzip.compress(BOX) + gzip.compress(BOX), "a.gz")] == [
        "a.gz#1",
        "a.gz#2",
    ]


def test_truncated_gzip_gives_what_it_held():
    """And says that it was cut off."""
    mail = MAIL + bytes(range(256)) * 40
    ((_, raw, defects),) = read(gzip.compress(mail)[:-50])

    assert len(raw) > len(MAIL)
    assert mail.startswith(raw)
    assert defects == ["the packed file is cut off; this is what it held"]


@pytest.mark.parametrize("keep", [1, 2, 9, 11])
def test_gzip_that_holds_nothing_any_more_is_a_row(keep):
    """A header and little else."""
    ((_, raw, defects),) = read(gzip.compress(MAIL)[:keep])

    assert keep == 1 or (raw is None and defects)


def test_damaged_gzip_gives_what_came_before():
    """The checksum at the end is wrong: all was had."""
    packed = bytearray(gzip.compress(MAIL))
    packed[-5] ^= 1
    ((_, raw, defects),) = read(bytes(packed))

    assert raw == MAIL
    assert "damaged" in defects[0]


def test_packed_inside_packed_is_not_opened():
    """One level, so that nobody can nest for ever."""
    ((_, raw, defects),) = read(gzip.compress(gzip.compress(MAIL)))

    assert raw is None
    assert defects == ["an archive inside an archive is not opened; unpack it first"]


def test_a_tar_archive_says_what_to_do():
    """It is the one archive that is not read, and not taken for a mail either."""
    ((_, raw, defects),) = read(b"bounces/".ljust(257, b"\0") + b"ustar\x0000".ljust(255, b"\0"))

    assert raw is None
    assert "unpack it" in defects[0]


def test_a_file_longer_than_any_mail_is_cut():
    """With a defect that says so; no more than twice the longest mail is held."""
    packed = gzip.compress(bytes(LONGEST_MAIL * 4), compresslevel=1)
    tracemalloc.start()
    ((_, raw, defects),) = read(packed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(raw) == LONGEST_MAIL
    assert "longer than 64 MiB" in defects[0]
    assert peak < 2.5 * LONGEST_MAIL


def test_a_bomb_of_small_mails_goes_off_only_so_far(monkeypatch):
    """What unpacks to a hundred times its size, and to more than is always allowed, ends."""
    monkeypatch.setattr(stream, "_ALWAYS_ALLOWED", 1_000_000)
    packed = gzip.compress(BOX * 200_000)
    mails = read(packed)

    assert len(packed) * 100 < len(BOX) * 200_000
    assert sum(len(raw) for _, raw, _ in mails) <= max(1_000_000, 100 * len(packed))
    assert "unpacks to more than" in mails[-1][2][0]
