"""Rewriting: any mail system's bounce in, an NDR that people understand out.

Rule 1: a mail that is no bounce passes byte for byte; so does a bounce that names nobody to write
to, and a notice of our own. This stands in the way of people's mail and must lose none.
Rule 2: the machine part is carried over unchanged, and the whole report goes along.
"""

import re
from dataclasses import dataclass, replace
from email.utils import parseaddr

from whybounce.diagnosing import diagnose
from whybounce.explaining import Explainer
from whybounce.reading.mime import Message, parse_message
from whybounce.vocabulary.notice import NoticeError, NoticeSettings, Rewriting
from whybounce.vocabulary.report import Diagnosis, Kind
from whybounce.writing import Writer
from whybounce.writing.writer import MAILER

_TOLD = (Kind.FAILURE, Kind.DELAY, Kind.SUCCESS, Kind.RELAYED, Kind.EXPANDED)
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
# How the mail came is its own, whoever tells what it says. RFC 5321 §4.4.
_TRACE = re.compile(
    rb"(?:(?:return-path|received|delivered-to|x-original-to|envelope-to)[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*)+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Rewriter:
    """What rewriting needs; build one and keep it."""

    explainer: Explainer
    writer: Writer

    def rewrite(
        self, mail: bytes, settings: NoticeSettings, *, by: str, ours: bool = False
    ) -> bytes:
        """Return the mail told again, or the very same bytes where it is none to tell.

        Args:
            mail: The report of another system, with either line end; the notice has the same.
            settings: How the notice is dressed.
            by: The host that rewrites.
            ours: Whether it is proven that the original was sent from here. Else the notice
                warns that it may never have been.

        """
        network = mail if b"\r\n" in mail else mail.replace(b"\n", b"\r\n")
        message = parse_message(network)
        diagnosis = diagnose(network, self.explainer)
        if not _is_to_be_told(message, diagnosis):
            return mail
        status = message.first(*_STATUS_TYPES)
        rewriting = Rewriting(
            by=by,
            report=network,
            status_type=status.content_type if status else None,
            status_encoding=status.field("content-transfer-encoding") if status else None,
            status_fields=status.body + b"\r\n" if status else b"",
            ours=ours,
        )
        told = replace(
            settings,
            rewriting=rewriting,
            to=settings.to or parseaddr(message.field("to") or "")[1],
            generator=_generator(diagnosis, message, by),
        )
        try:
            written = self.writer.write(diagnosis, told)
        except NoticeError:
            return mail
        trace = _TRACE.match(network)
        traced = trace[0] + written if trace else written
        return traced if network is mail else traced.replace(b"\r\n", b"\n")


def _is_to_be_told(message: Message, diagnosis: Diagnosis) -> bool:
    report = diagnosis.report
    if report.kind not in _TOLD or not report.outcomes or message.field("x-mailer") == MAILER:
        return False
    return report.form == "rfc3464" or _by_a_machine(message)


def _by_a_machine(message: Message) -> bool:
    """Say whether a bounce without a machine part was surely written by no person."""
    return (
        (message.field("auto-submitted") or "no").strip().lower() != "no"  # RFC 3834 §5.
        or (message.field("return-path") or "").strip() == "<>"  # RFC 5321 §4.5.5.
        or message.field("x-failed-recipients") is not None
    )


def _generator(diagnosis: Diagnosis, message: Message, by: str) -> str:
    """Return who reported: as the report says, else where it is from."""
    sent_from = parseaddr(message.field("from") or "")[1].rpartition("@")[2]
    return diagnosis.report.generator or sent_from or by
