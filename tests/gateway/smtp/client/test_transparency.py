"""What we put on the wire, our own reading takes off it again."""

import re

from hypothesis import given, strategies as st

from whybounce.gateway.smtp.client.transparency import Chunks, Dots
from whybounce.gateway.smtp.server.body import BodyCheck, DotReader
from whybounce.gateway.smtp.server.incoming import Incoming
from whybounce.gateway.smtp.server.settings import LineEnds, NulOctets

PIECES = st.lists(
    st.text(st.sampled_from("a.\r\n"), min_size=1, max_size=12).map(str.encode), max_size=8
)


def _clean(octets: bytes) -> bytes:
    """As it should arrive: CR LF at the end of each line, the last one too."""
    mended = re.sub(rb"\r\n|\r|\n", b"\r\n", octets)
    return mended if not mended or mended.endswith(b"\r\n") else mended + b"\r\n"


@given(PIECES)
def test_what_leaves_with_dots_is_read_without_them(pieces: list[bytes]):
    """DATA: nothing but the end looks like the end, however the message is cut."""
    dots = Dots()
    sent = b"".join(map(dots.piece, pieces)) + dots.end()
    incoming = Incoming()
    incoming.octets += sent + b"QUIT\r\n"
    check = BodyCheck(10_000, LineEnds.REFUSE, NulOctets.REFUSE)
    reader = DotReader(check, incoming)

    assert reader.read() == _clean(b"".join(pieces))
    assert reader.is_complete
    assert check.flaw is None
    assert bytes(incoming.octets) == b"QUIT\r\n"


@given(PIECES)
def test_what_leaves_in_chunks_is_read_by_their_counts(pieces: list[bytes]):
    """BDAT: the counts are right, and the last is marked."""
    chunks = Chunks()
    *before, last = [b"", *pieces]
    sent = b"".join(map(chunks.piece, before)) + chunks.end(last)
    read, marks = b"", []
    while sent:
        match = re.match(rb"BDAT ([0-9]+)( LAST)?\r\n", sent)
        assert match is not None
        count = int(match[1])
        read += sent[match.end() : match.end() + count]
        sent = sent[match.end() + count :]
        marks.append(match[2] is not None)

    assert read == _clean(b"".join(pieces))
    assert marks == [False] * (len(marks) - 1) + [True]
