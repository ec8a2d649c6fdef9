"""What decides about mail that comes in: who may send it, to whom, and that it is ours once taken.

One handler for each connection. ``asking`` fetches facts; ``policies`` judges them; the words of a
refusal are the catalogue's.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from msgspec import structs

from whybounce.catalogue import catalogue
from whybounce.checking.block_lists import BlockList
from whybounce.checking.lookups import Resolver
from whybounce.checking.message import HashedMessage, MessageHasher
from whybounce.gateway import tracing_fields
from whybounce.gateway.asking import Asking
from whybounce.gateway.complaining import LONGEST_READ, complaint_in, may_complain
from whybounce.gateway.delivery.parcels import ABOVE, OURS
from whybounce.gateway.directory import Directory
from whybounce.gateway.handed_over import envelope_row, session_row
from whybounce.gateway.limits import Limits
from whybounce.gateway.occupancy import Occupancy
from whybounce.gateway.policies import (
    Content,
    Defer,
    Facts,
    Judge,
    Need,
    Pass,
    Refuse,
    Restriction,
    Stage,
)
from whybounce.gateway.remembering import Remembering
from whybounce.gateway.reporter import RETURN_PATH
from whybounce.gateway.return_paths import ReturnPaths
from whybounce.gateway.smtp.handler import Sink
from whybounce.gateway.smtp.sasl import Credentials
from whybounce.gateway.smtp.server.events import Ending
from whybounce.gateway.spam_signs import NO_SIGNS, SpamSigns, TestString
from whybounce.gateway.store import Store, rows
from whybounce.gateway.store.blocking import NewBlock
from whybounce.gateway.store.bodies import IncomingBody
from whybounce.gateway.store.rows import Event, NewMessage
from whybounce.gateway.structure import Structure
from whybounce.gateway.tracing_fields import Header
from whybounce.gateway.trust import Trust
from whybounce.notation.authentication_fields import (
    without_forged,
    written_results,
    written_spf,
)
from whybounce.vocabulary.authentication import Result
from whybounce.vocabulary.cause import VerdictKind
from whybounce.vocabulary.envelope import Envelope, Recipient
from whybounce.vocabulary.reply import Reply
from whybounce.vocabulary.session import Session
from whybounce.vocabulary.status_code import StatusCode
from whybounce.wording import own_reply

_LONGEST_ACCOUNT = 254
_DONE = StatusCode(2, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What all connections of a listener share."""

    store: Store
    directory: Directory
    remembering: Remembering
    judge: Judge
    resolver: Resolver
    return_paths: ReturnPaths | None
    trust: Trust
    block_lists: Sequence[BlockList]
    limits: Limits
    host: str  # Our name.
    is_submission: bool
    login_required: bool
    expire_after: timedelta
    clock: Callable[[], datetime]
    random_bits: Callable[[int], int]
    own_names: frozenset[str] = frozenset()  # By which we are called, address literals included.
    delisting: str = ""  # The page where removal from the block list is asked for.
    spam: SpamSigns = NO_SIGNS
    occupancy: Occupancy | None = None  # Of the mailboxes; None: others keep them.


class IncomingMessage:
    """A message being received: held until its header has ended, then written with our fields."""

    def __init__(
        self,
        reception: Reception,
        session: Session,
        envelope: Envelope,
        body: IncomingBody,
        *,
        is_ours: bool = False,
        mends_line_ends: bool = False,
    ) -> None:
        self.body = body
        self.mends_line_ends = mends_line_ends
        self.header = Header(())
        wanted = Need.STRUCTURE in reception.judge.needs(Stage.MESSAGE)
        self.structure = Structure() if wanted and reception.limits.embedded_files else None
        self._reception = reception
        self._session = session
        self._smtputf8 = envelope.smtputf8
        self._held: bytes | None = b""
        judged = Need.AUTHENTICATION in reception.judge.needs(Stage.MESSAGE)
        self._hasher = MessageHasher() if judged and not is_ours else None
        self._test_string = TestString() if reception.spam.gtube else None
        self._complaint: bytearray | None = None  # What arrived of one, as far as it is read.

    async def write(self, octets: bytes) -> None:
        """Take the next octets."""
        if self._test_string is not None:
            self._test_string.read(octets)
        if self._hasher is not None:
            self._hasher.feed(octets)
        if self.structure is not None:
            self.structure.take(octets)
        if self._held is None:
            if self._complaint is not None:
                self._complaint += octets[: LONGEST_READ - len(self._complaint)]
            await self.body.write(octets)
            return
        self._held += octets
        if tracing_fields.end_of_header(self._held) is not None:
            await self.finish()

    async def finish(self) -> None:
        """Write what was held, below our fields."""
        if self._held is None:
            return
        held, self._held = self._held, None
        end = tracing_fields.end_of_header(held)
        if end is not None:  # Nobody else may say in our name what we found.
            true = without_forged(held[:end], {self._reception.host})
            held, end = true + held[end:], len(true)
        self.header = tracing_fields.header_of(held[:end])
        if may_complain(self.header.fields):
            self._complaint = bytearray(held[:LONGEST_READ])
        host, now = self._reception.host, self._reception.clock()
        ours = tracing_fields.received(
            self._session, host=host, id_=self._session.id, smtputf8=self._smtputf8, now=now
        )
        if self._reception.is_submission:
            id_ = f"{self._reception.random_bits(64):016x}"
            lacking = tracing_fields.missing(self.header, host=host, id_=id_, now=now)
            fields = tracing_fields.header_of(lacking).fields
            self.header = Header((*self.header.fields, *fields))
            ours += lacking
        await self.body.write(ours)
        await self.body.write(held)

    @property
    def hashed(self) -> HashedMessage | None:
        """What its signatures are judged by; None where nobody judges them. Asked once, at the end."""
        return self._hasher.finish() if self._hasher else None

    @property
    def is_spam(self) -> bool:
        """Whether the scanner in front says so, or it holds the test string."""
        is_test = self._test_string is not None and self._test_string.was_seen
        return is_test or self._reception.spam.said(self.header.fields)

    async def complaint(self) -> rows.Complaint | None:
        """Return what it complains about, where it is a complaint."""
        if self._complaint is None:
            return None
        return await asyncio.to_thread(complaint_in, bytes(self._complaint))

    async def drop(self) -> None:
        """Forget it; what was accepted stays the store's."""
        await self.body.leave()


class Inbound:
    """Decides about one connection."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._asking = asking_for(reception)
        self._facts: Facts | None = None  # Of the message under way.
        self._accepted: list[Facts] = []  # Of each recipient taken.

    async def connect(self, session: Session) -> Reply | None:  # noqa: ARG002  # the handler's shape
        """Welcome everybody: a postmaster must be reachable for all."""
        return None

    async def helo(self, session: Session) -> Reply | None:  # noqa: ARG002  # likewise
        """Take any name; policies judge it when a recipient is named."""
        return None

    async def auth(self, session: Session, credentials: Credentials) -> Reply | None:
        """Check a password. Whoever signs in acts for nobody else."""
        account = credentials.account[:_LONGEST_ACCOUNT]
        login = await self._reception.directory.verify_password(account, credentials.password)
        for_itself = credentials.on_behalf_of in {"", account}
        values = {"ip": str(session.address), "sender": account}
        if login is None or not for_itself:
            refuse = Refuse("authentication-failed", values)
            await self._count(
                Stage.MAIL, first_facts(self._reception, replace(session, account=account)), refuse
            )
            return await self._said(session, refuse, "password", account)
        if not login.account.smtp:  # Told to whoever has the password only.
            refuse = Refuse("smtp-auth-disabled", values)
            return await self._said(session, refuse, "account.smtp", account)
        return None

    async def mail(self, session: Session, envelope: Envelope) -> Reply | None:
        """Learn who sends, and whether they may."""
        self._accepted = []
        self._facts = await self._asking.at_mail(first_facts(self._reception, session), envelope)
        return await self._judged(Stage.MAIL, self._facts, envelope.return_path)

    async def rcpt(
        self,
        session: Session,  # noqa: ARG002  # the handler's shape
        envelope: Envelope,
        recipient: Recipient,
    ) -> Reply | None:
        """Learn who is written to, and whether they may be."""
        now = self._reception.clock()
        facts = await self._asking.at_recipient(self._known, envelope, recipient, now=now)
        refused = await self._judged(Stage.RCPT, facts, recipient.address)
        if refused is None:
            self._accepted.append(facts)
        return refused

    async def data(self, session: Session, envelope: Envelope) -> Sink | Reply:
        """Make room for the message."""
        connector = self._known.connector
        return IncomingMessage(
            self._reception,
            session,
            envelope,
            self._reception.store.receive(),
            is_ours=self._known.is_ours,
            mends_line_ends=connector is not None and not connector.reject_bare_line_feeds,
        )

    async def message(
        self,
        session: Session,  # noqa: ARG002  # the handler's shape
        envelope: Envelope,
        sink: Sink,
        octets: int,
    ) -> Reply | None:
        """Put it into the queue: when this has returned 250, it cannot be lost."""
        if not isinstance(sink, IncomingMessage):
            raise TypeError("the sink is the one that data returned")
        await sink.finish()
        now = self._reception.clock()
        content = Content(
            fields=sink.header.fields,
            octets=octets,
            is_spam=sink.is_spam,
            embedded_files=sink.structure.embedded_files if sink.structure else 0,
        )
        facts = await self._asking.at_message(
            self._known, envelope, content, sink.hashed, taken=self._accepted, now=now
        )
        refused = await self._judged(Stage.MESSAGE, facts, envelope.return_path)
        if refused is not None:
            return refused
        id_ = await self._reception.store.accept(
            NewMessage(
                envelope_row(envelope),
                arrived=now,
                expires=now + self._reception.expire_after,
                session=_session_of(facts),
                message_id=sink.header.message_id,
                subject=sink.header.subject,
                counts=self._counts(facts),
                complaint=await sink.complaint(),
            ),
            sink.body,
        )
        await sink.drop()
        return Reply(f"Ok: queued as {id_}", 250, _DONE)  # Traces are asked by the id.

    async def closed(self, session: Session, ending: Ending) -> None:
        """Keep nothing."""

    @property
    def _known(self) -> Facts:
        if self._facts is None:
            raise RuntimeError("MAIL comes before RCPT and the message")
        return self._facts

    def _counts(self, facts: Facts) -> Mapping[str, int]:
        """Return what a message that is taken adds to the counters."""
        judge = self._reception.judge
        counts = judge.counts(Stage.MESSAGE, facts)
        for each in self._accepted:
            for key, amount in judge.counts(Stage.RCPT, each).items():
                counts[key] = counts.get(key, 0) + amount
        return counts

    async def _judged(self, stage: Stage, facts: Facts, address: str) -> Reply | None:
        """Ask the policies of the stage; write down what they say, where a trace finds it."""
        judgement = self._reception.judge.judge(stage, facts)
        for policy, said in judgement.logged:
            await self._record(facts.session, f"{policy} would say {said.cause}", address)
        verdict = judgement.verdict
        if isinstance(verdict, Pass):
            return None
        await self._count(stage, facts, verdict)
        if verdict.restriction is not None:
            await self._restrict(verdict.restriction, judgement.policy, facts.now)
        return await self._said(facts.session, verdict, judgement.policy, address)

    async def _count(self, stage: Stage, facts: Facts, verdict: Refuse | Defer) -> None:
        """Count a refusal, where a policy wants to know how many there are."""
        if counts := self._reception.judge.counts_of_refusal(stage, facts, verdict.cause):
            await self._reception.store.count(counts, now=facts.now)
            self._asking.note(counts)

    async def _restrict(self, wanted: Restriction, policy: str, now: datetime) -> None:
        """Put a block in force, for the policy that saw why."""
        until = now + wanted.lasts if wanted.lasts else None
        await self._reception.store.block(
            NewBlock(wanted.kind, wanted.subject, wanted.cause, wanted.reason, policy, now, until)
        )

    async def _said(
        self, session: Session, verdict: Refuse | Defer, policy: str, address: str
    ) -> Reply:
        """Write the refusal down, and return its words."""
        reply = reply_of(verdict)
        why = f" ({verdict.evidence})" if verdict.evidence else ""
        what = "deferred" if isinstance(verdict, Defer) else "refused"
        await self._record(
            session, f"{verdict.cause} by {policy}{why}: {reply}", address, kind=what
        )
        return reply

    async def _record(
        self, session: Session, text: str, address: str, *, kind: str = "logged"
    ) -> None:
        event = Event(self._reception.clock(), kind, session.listener, text, address=address)
        await self._reception.store.record(event)


def first_facts(reception: Reception, session: Session) -> Facts:
    """Return what is known as soon as somebody is connected."""
    return Facts(
        session=session,
        host=reception.host,
        is_submission=reception.is_submission,
        login_required=reception.login_required,
        limits=reception.limits,
        now=reception.clock(),
        trust=reception.trust,
        own_names=reception.own_names,
        delisting=reception.delisting,
    )


def asking_for(reception: Reception) -> Asking:
    """Return what fetches the facts of one connection."""
    return Asking(
        reception.remembering,
        reception.judge,
        reception.resolver,
        reception.host,
        reception.return_paths,
        reception.block_lists,
        reception.occupancy,
    )


def reply_of(verdict: Refuse | Defer) -> Reply:
    """Return the words of a verdict that is against mail: its cause's own."""
    kind = VerdictKind.DEFER if isinstance(verdict, Defer) else VerdictKind.REFUSE
    reply = own_reply(catalogue(), verdict.cause, kind, verdict.values, status=verdict.status)
    return structs.replace(reply, status=None) if verdict.plain else reply


def _session_of(facts: Facts) -> rows.Session:
    """Return the session as the queue keeps it: whose it was, and what was found."""
    return session_row(facts.session, _found(facts), smtputf8=facts.envelope.smtputf8)


def _found(facts: Facts) -> dict[str, str]:
    if facts.is_ours:
        return {OURS: "yes"}
    found = facts.authentication
    if found is None:
        return {}
    forged = found.spf.result is Result.FAIL and not found.proves_return_path
    standing = "proved" if found.proves_return_path else "forged" if forged else "unproved"
    above = written_results(found, facts.host) + written_spf(
        found.spf, facts.host, facts.session.helo or ""
    )
    return {
        "spf": found.spf.result,
        "dmarc": found.dmarc.result,
        RETURN_PATH: standing,
        ABOVE: above,
    }
