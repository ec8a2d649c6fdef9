"""The header of a message, read without the rest."""

import pytest

from whybounce.gateway.delivery.parcels import header_of, whole
from world import parcel


@pytest.mark.parametrize("before", range(990, 1005))
async def test_the_header_ends_at_the_first_empty_line_however_the_pieces_fall(before):
    """Pieces of a thousand octets here."""
    header = b"X-Filler: " + b"x" * (before - 12) + b"\r\n"
    message = parcel(octets=header + b"\r\nNo: header\r\n\r\n")

    assert await header_of(message) == header


async def test_a_message_without_a_body_is_all_header():
    """It has no empty line."""
    assert await header_of(parcel(octets=b"Subject: Hi\r\n")) == b"Subject: Hi\r\n"


async def test_a_message_can_be_read_again():
    """From its beginning."""
    message = parcel(octets=b"x" * 2500)

    assert await whole(message) == await whole(message) == b"x" * 2500
