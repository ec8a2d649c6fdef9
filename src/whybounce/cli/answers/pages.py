"""Pages for a person, one a mail."""

from typing import BinaryIO

from whybounce.sources import Mail
from whybounce.vocabulary.report import Diagnosis
from whybounce.wording import Speaker


def page(mail: Mail, diagnosis: Diagnosis, _: Speaker) -> tuple[str, Diagnosis]:
    """Return what the page is made of: where it is shown decides how wide it is."""
    return mail.source, diagnosis


class Pages:
    """Pages that are shown as they come."""

    def __init__(self, _: BinaryIO, speaker: Speaker) -> None:
        from whybounce.cli.page import console  # noqa: PLC0415  # rich is 40 ms

        self._speaker = speaker
        self._console = console()

    def write(self, part: tuple[str, Diagnosis], /) -> None:
        """Show one page."""
        from whybounce.cli.page import print_diagnosis  # noqa: PLC0415  # likewise

        print_diagnosis(*part, self._speaker, self._console)

    def close(self) -> None:
        """Do nothing: every page was shown."""
