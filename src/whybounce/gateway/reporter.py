"""The notices to senders: what became of a message's recipients, told in one report.

Who gets one: not the null return path, and not who asked for none (RFC 3461 §4.1, §5.2). Where SPF
says that the return path is forged it is withheld, and that is written down.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from whybounce.diagnosing import diagnose_report
from whybounce.explaining import Explainer
from whybounce.gateway.config import Reports, Returned, Style as ConfiguredStyle
from whybounce.gateway.delivery.concluding import Conclusion, Notices, Telling
from whybounce.gateway.directory import Directory, Mailbox
from whybounce.gateway.store import Store, body_of
from whybounce.gateway.store.rows import (
    Envelope,
    Event,
    NewMessage,
    Outgoing,
    QueuedMessage,
    Recipient,
    Told,
)
from whybounce.gateway.tracing_fields import LONGEST_HEADER_READ, end_of_header, header_of
from whybounce.notation import hops_of, original_of
from whybounce.vocabulary.envelope import BodyType, Notify, Return
from whybounce.vocabulary.note import Note, NoteId
from whybounce.vocabulary.notice import Audience, NoticeSettings, Style
from whybounce.vocabulary.report import Report
from whybounce.writing import Writer

_STYLES = {ConfiguredStyle.MODERN: Style.MODERN, ConfiguredStyle.CLASSIC: Style.CLASSIC}

RETURN_PATH = "return-path"  # The fact that says whether it is proved, unproved or forged.


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Makes the notices."""

    store: Store
    directory: Directory
    explainer: Explainer
    writer: Writer
    reports: Reports
    host: str  # Our name: who reports.
    node: str
    expire_after: timedelta

    async def __call__(self, telling: Telling) -> Notices:
        """Return the one notice about all who ask for one, and why there is none for the others."""
        reason = why_none(telling.message)
        told = [each for each in telling.conclusions if reason is None and _is_wanted(each)]
        untold = [each for each in telling.conclusions if each not in told]
        withheld = {
            each.recipient.number: reason or Told.SUPPRESSED for each in untold if each.is_failure
        }
        events = tuple(self._event(telling, each, withheld) for each in untold if each.is_failure)
        causes = {
            each.recipient.number: each.cause or self.explainer.explain(each.outcome).cause
            for each in untold
            if each.is_failure
        }
        if not told:
            return Notices(told=withheld, causes=causes, events=events)
        outgoing, meant = await self._notice(telling.message, told, telling.now)
        return Notices(
            (outgoing,),
            report=dict.fromkeys([each.recipient.number for each in told], 0),
            told=withheld,
            causes=causes | meant,
            events=events,
        )

    async def _notice(
        self, message: QueuedMessage, told: Sequence[Conclusion], now: datetime
    ) -> tuple[Outgoing, dict[int, str]]:
        original = await self._original(message, now)
        header = original_of(header_of(original[: end_of_header(original)]).fields)
        report = Report(
            generator=self.host,
            date=now,
            arrival_date=message.arrived,
            envelope_id=message.envid,
            received_from=message.session.helo if message.session else None,
            outcomes=tuple(each.outcome for each in told),
            original=header,
            hops=hops_of(header),
        )
        found = diagnose_report(report, self.explainer)
        diagnosis = replace(found, notes=(*_sent_through(told), *found.notes))
        whole = original if len(original) == message.size else None
        octets = self.writer.write(diagnosis, await self._settings(message, now), whole)
        causes = {
            each.recipient.number: each.cause or explanation.cause
            for each, explanation in zip(told, diagnosis.explanations, strict=True)
        }
        return self._outgoing(message, told, octets, now), causes

    async def _original(self, message: QueuedMessage, now: datetime) -> bytes:
        """Return the message; of one that is too large to be returned, its beginning."""
        held = b""
        most = max(self.reports.returned_size, LONGEST_HEADER_READ)
        body = self.store.body(message.id, node=self.node, now=now)
        async with contextlib.aclosing(body) as pieces:
            async for piece in pieces:
                held += piece
                if len(held) > most:
                    break
        return held[:most]

    async def _settings(self, message: QueuedMessage, now: datetime) -> NoticeSettings:
        reports = self.reports
        organisation = await self.directory.organisation_of(message.sender.rpartition("@")[2])
        known = organisation is not None or bool(message.session and message.session.account)
        returns = message.ret
        if returns is None and reports.returned is Returned.HEADERS:
            returns = Return.HEADERS
        return NoticeSettings(
            style=_STYLES[reports.style],
            audience=Audience.INTERNAL if known else Audience.EXTERNAL,
            language=await self._own_language(message.sender) if organisation else None,
            usual_language=(organisation and organisation.language) or reports.language,
            organisation=reports.organisation or None,
            contact=reports.contact,
            help_base=reports.help_base or None,
            from_name=reports.from_name or None,
            to=message.sender,
            date=now,
            returns=returns,
            return_limit=int(reports.returned_size),
            smtputf8=message.smtputf8,
        )

    async def _own_language(self, address: str) -> str | None:
        """Return the language that the mailbox at the address has for itself."""
        found = await self.directory.recipient(address)
        entry = found.entry if found else None
        return (entry.language or None) if isinstance(entry, Mailbox) else None

    def _outgoing(
        self, message: QueuedMessage, told: Sequence[Conclusion], octets: bytes, now: datetime
    ) -> Outgoing:
        copies = self.reports.copies if any(each.is_failure for each in told) else ()
        header = header_of(octets[: end_of_header(octets)])
        envelope = Envelope(
            sender="",
            recipients=tuple(
                Recipient(each, notify=frozenset({Notify.NEVER}))
                for each in (message.sender, *copies)
            ),
            body_type=BodyType.SEVEN_BIT if octets.isascii() else BodyType.EIGHT_BIT_MIME,
            smtputf8=message.smtputf8,
        )
        notice = NewMessage(
            envelope,
            arrived=now,
            expires=now + self.expire_after,
            message_id=header.message_id,
            subject=header.subject,
            about=message.id,
        )
        return Outgoing(notice, body_of(octets))

    def _event(self, telling: Telling, each: Conclusion, told: dict[int, Told]) -> Event:
        """Write down that nobody is told, and what they are not told of."""
        message, recipient = telling.message, each.recipient
        kind = "report-undeliverable" if message.about else f"report-{told[recipient.number]}"
        said = f"5.4.300: {each.outcome.reply}" if message.about else str(each.outcome.reply or "")
        return Event(
            telling.now, kind, self.node, said, message.id, recipient.number, recipient.address
        )


def why_none(message: QueuedMessage) -> Told | None:
    """Return why nobody is told of anything about this message."""
    if not message.sender:
        return Told.SUPPRESSED
    session = message.session
    is_known = session is None or session.account is not None
    if session is not None and not is_known and session.facts.get(RETURN_PATH) == "forged":
        return Told.WITHHELD
    return None


def _sent_through(told: Sequence[Conclusion]) -> tuple[Note, ...]:
    """Say whose the server is that refused: a cause's words speak of the recipient's."""
    hosts = dict.fromkeys(
        (each.sent_through, each.recipient.domain) for each in told if each.sent_through
    )
    return tuple(
        Note(NoteId.SENT_THROUGH, {"remote": host, "domain": domain}) for host, domain in hosts
    )


def _is_wanted(conclusion: Conclusion) -> bool:
    """RFC 3461 §4.1: without NOTIFY failures and delays are told."""
    notify = conclusion.recipient.notify
    if conclusion.is_failure:
        return notify is None or Notify.FAILURE in notify
    if conclusion.terminal is None:
        return notify is None or Notify.DELAY in notify
    return notify is not None and Notify.SUCCESS in notify
