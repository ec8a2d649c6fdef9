"""What the tests of reading share: a mail of the folder ``bounces``, and a mail made of lines."""

from pathlib import Path

import pytest

from whybounce.reading.mime import Message, parse_message

BOUNCES = Path(__file__).parent / "bounces"


@pytest.fixture(scope="session")
def bounce():
    """Return the mail of that name, with LF line ends."""

    def read(name: str) -> bytes:
        return (BOUNCES / f"{name}.eml").read_bytes()

    return read


@pytest.fixture(scope="session")
def message():
    """Return the message that the text is."""

    def parse(text: str) -> Message:
        return parse_message(text.encode())

    return parse
