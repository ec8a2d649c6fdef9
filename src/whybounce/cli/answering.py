"""One mail answered, in whichever process: read, explained, and made into its part of the answer."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

import whybounce
from whybounce.catalogue import catalogue
from whybounce.cli.answers import FORMS
from whybounce.cli.confirming import Confirming, Live
from whybounce.notation.verp import VerpPattern
from whybounce.sources import Mail
from whybounce.vocabulary.report import Defect, Diagnosis, Kind, Report
from whybounce.wording import Speaker

# Kinds of mail that are fully understood without anybody's failure in them.
_NO_FAILURE = {Kind.AUTO_REPLY, Kind.CHALLENGE, Kind.READ_RECEIPT}


class Code(IntEnum):
    """What a mail does to the exit code; the worst decides."""

    ANSWERED = 0
    NOT_EXPLAINED = 1
    UNREADABLE = 2
    OUR_FAULT = 70


class Answer(Struct, frozen=True):
    """One mail's part of the answer."""

    part: Any
    code: Code


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of every mail. Small, so that other processes can be told."""

    form: str  # A key of FORMS.
    language: str = "en"
    verp: VerpPattern | None = None  # How the sender writes recipients into its addresses.
    live: Live | None = None  # Where each is to be checked live.


class Answerer:
    """Answers mails, one after the other."""

    def __init__(self, asked: Asked) -> None:
        self._of = FORMS[asked.form].of
        self._verp = asked.verp
        self._speaker = Speaker(catalogue(), asked.language)
        self._confirming = Confirming(asked.live) if asked.live else None

    def answer(self, mail: Mail) -> Answer:
        """Return the mail's part. A mail that trips us up is our fault, and a row all the same."""
        try:
            diagnosis = _diagnosed(mail, self._verp)
            if self._confirming is not None:
                diagnosis = self._confirming.confirmed(diagnosis)
            return Answer(self._of(mail, diagnosis, self._speaker), _code(mail, diagnosis))
        except Exception as error:  # noqa: BLE001  # the run goes on
            return self.failed(mail, type(error).__name__)

    def failed(self, mail: Mail, how: str) -> Answer:
        """Return the row of a mail that could not be answered through our own fault."""
        fault = Defect(
            "whybounce", f"could not be read through our fault ({how}); please report it"
        )
        diagnosis = Diagnosis(Report(defects=(*mail.defects, fault)), ())
        unread = Mail(mail.source, None, diagnosis.report.defects)
        return Answer(self._of(unread, diagnosis, self._speaker), Code.OUR_FAULT)


def _diagnosed(mail: Mail, verp: VerpPattern | None) -> Diagnosis:
    if mail.raw is None:
        return Diagnosis(Report(defects=mail.defects), ())
    diagnosis = whybounce.diagnose(mail.raw, verp=verp)
    if mail.defects:
        report = diagnosis.report
        report = replace(report, defects=(*mail.defects, *report.defects))
        diagnosis = replace(diagnosis, report=report)
    return diagnosis


def _code(mail: Mail, diagnosis: Diagnosis) -> Code:
    if mail.defects:
        return Code.UNREADABLE
    explanations = diagnosis.explanations
    if all(why.tells_why for why in explanations) and (
        explanations or diagnosis.report.kind in _NO_FAILURE
    ):
        return Code.ANSWERED
    return Code.NOT_EXPLAINED
