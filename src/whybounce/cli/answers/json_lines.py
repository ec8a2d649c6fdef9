"""JSON Lines: one object a mail, in the shape of ``wire``."""

from typing import BinaryIO

import msgspec

from whybounce.catalogue import catalogue
from whybounce.sources import Mail
from whybounce.vocabulary.report import Diagnosis
from whybounce.wire import diagnosis_as_dict
from whybounce.wording import Speaker


def line(mail: Mail, diagnosis: Diagnosis, speaker: Speaker) -> bytes:
    """Return the mail's line."""
    answer = diagnosis_as_dict(diagnosis, catalogue(), speaker, mail.source)
    return msgspec.json.encode(answer) + b"\n"


class Lines:
    """Lines that are written as they come."""

    def __init__(self, file: BinaryIO, _: Speaker) -> None:
        self._file = file

    def write(self, part: bytes, /) -> None:
        """Write one line."""
        self._file.write(part)

    def close(self) -> None:
        """Write out what is held back."""
        self._file.flush()
