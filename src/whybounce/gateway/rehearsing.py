"""Rehearsing: what the gateway would say to a message, without one being sent, counted or kept.

The facts are fetched as for a real message, and the same policies judge them, but all of them: also those
behind the one that decides, so that who mends that one knows what comes next. What hangs on the message itself
is said to be unknown, for there is none.

Rule 1: nothing is written. No counter is added to, no block is put in force, no event is recorded.
Rule 2: another server is connected to only where that was wished, to be asked about the recipient.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from msgspec import structs

from whybounce.checking.mail_servers import Reach, ask_recipient
from whybounce.checking.message import HashedMessage, MessageHasher
from whybounce.checking.recipient_accepted import recipient_accepted
from whybounce.gateway.delivery.mail_exchangers import NoRoute, route_to
from whybounce.gateway.inbound import Reception, asking_for, first_facts, reply_of
from whybounce.gateway.operating.requests import Rehearse
from whybounce.gateway.policies import Content, Facts, Mode, Opinion, Refuse, Stage
from whybounce.gateway.policies.verdicts import Defer
from whybounce.gateway.smtp.paths import Path, PathError, read_forward_path, read_reverse_path
from whybounce.gateway.smtp.server.answers import MESSAGE_TOO_LARGE
from whybounce.gateway.tracing_fields import header_of
from whybounce.vocabulary.envelope import Envelope, Recipient
from whybounce.vocabulary.finding import Finding
from whybounce.vocabulary.session import Session
from whybounce.wire import SCHEMA
from whybounce.wire.rehearsals import PolicySaying, RecipientSaying, Rehearsal

_NOBODY_S_AUTHOR = "postmaster@author.invalid"  # Of what comes with the null return path.
_OCTETS = 2_000  # Of a message whose size nobody said.

# What these say hangs on the message: its fields, its words, what is attached.
_BY_MESSAGE = frozenset({
    "attachments_flat", "from_valid", "journal_taken", "not_looping", "reference_header_short", "rules_about_words",
})  # fmt: skip
# These are against it only as long as no signature speaks for the sender.
_UNLESS_SIGNED = frozenset(
    {"authentication_told", "dmarc_passed", "ipv6_authenticated", "spf_passed"}
)


class RehearsalError(Exception):
    """It cannot be rehearsed, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsing:
    """Says what would be said."""

    receptions: Callable[[], Mapping[str, Reception]]  # By the names of listeners, as they are now.
    reach: Callable[[], Reach]  # Within which recipients' servers are asked.

    async def __call__(self, wanted: Rehearse) -> Rehearsal:
        """Return what the gateway would say.

        Raises:
            RehearsalError: There is no such listener or account, or an address is none.

        """
        wanted = _as_said(wanted)
        name, reception = self._reception(wanted)
        session = _session(name, wanted)
        asking = asking_for(reception)
        envelope = Envelope(wanted.sender, size=wanted.octets)
        at_mail = await asking.at_mail(first_facts(reception, session), envelope)
        if wanted.account and at_mail.login is None:
            raise RehearsalError(f"there is no account {wanted.account!r}")
        recipient = Recipient(wanted.recipient)
        at_rcpt = await asking.at_recipient(at_mail, envelope, recipient)
        whole = Envelope(wanted.sender, (recipient,), size=wanted.octets)
        content, hashed = _message(wanted)
        at_dot = await asking.at_message(at_mail, whole, content, hashed, taken=[at_rcpt])
        stages = ((Stage.MAIL, at_mail), (Stage.RCPT, at_rcpt), (Stage.MESSAGE, at_dot))
        too_large = _too_large(wanted, int(reception.limits.message_size))
        opinions = [
            each for stage, facts in stages for each in reception.judge.opinions(stage, facts)
        ]
        sayings = [*too_large, *_sayings(opinions, has_decided=bool(too_large))]
        return _told(wanted, name, at_rcpt, sayings, await self._probed(wanted, at_rcpt, reception))

    def _reception(self, wanted: Rehearse) -> tuple[str, Reception]:
        receptions = self.receptions()
        for name, reception in receptions.items():
            is_meant = reception.is_submission == bool(wanted.account)
            if name == wanted.listener or (not wanted.listener and is_meant):
                return name, reception
        kind = "submission" if wanted.account else "inbound"
        there = ", ".join(receptions) or "none"
        raise RehearsalError(
            f"there is no listener {wanted.listener or kind!r}; there are: {there}"
        )

    async def _probed(
        self, wanted: Rehearse, facts: Facts, reception: Reception
    ) -> RecipientSaying | None:
        """Ask the recipient's own server, where it is not ours."""
        if not wanted.probe or facts.domain is not None:
            return None
        found = await self._answer(wanted.recipient, reception)
        return RecipientSaying(
            check=found.check,
            answer=found.answer.value,
            result=found.result,
            evidence=found.evidence,
            parameters=dict(found.values),
        )

    async def _answer(self, recipient: str, reception: Reception) -> Finding:
        domain = recipient.rpartition("@")[2]
        route = await route_to(domain, reception.resolver, shuffle=lambda hosts: hosts)
        if isinstance(route, NoRoute):
            raise RehearsalError(f"the recipient's server cannot be asked: {route.evidence}")
        host = route.hosts[0]
        try:
            said = await ask_recipient(host.name, host.addresses[0], recipient, self.reach())
        except ValueError as error:
            raise RehearsalError(str(error)) from error
        return recipient_accepted(host.name, recipient, said)


def _as_said(wanted: Rehearse) -> Rehearse:
    """Return it with addresses as the conversation would take them: RFC 5321 §4.1.2."""
    return structs.replace(
        wanted,
        sender=_address(wanted.sender, read_reverse_path),
        recipient=_address(wanted.recipient, read_forward_path),
        author=_address(wanted.author, read_reverse_path),
    )


def _address(written: str, read: Callable[[str], Path]) -> str:
    try:
        path = read(f"<{written}>")
    except PathError as error:
        raise RehearsalError(
            f"{written!r} is no address: {error}" if written else str(error)
        ) from error
    if path.rest:
        raise RehearsalError(f"{written!r} is no address: it goes on behind its domain")
    return path.address


def _session(listener: str, wanted: Rehearse) -> Session:
    try:
        address = ip_address(wanted.ip)
    except ValueError:
        raise RehearsalError(f"{wanted.ip!r} is no IP address") from None
    return Session(
        id="dry-run",
        listener=listener,
        address=address,
        port=0,
        helo=wanted.helo or f"[{address}]",
        esmtp=True,
        account=wanted.account or None,
    )


def _message(wanted: Rehearse) -> tuple[Content, HashedMessage]:
    """Return the least message there is by that author, and what its signatures would be judged by."""
    author = wanted.author or wanted.sender or _NOBODY_S_AUTHOR
    header = f"From: <{author}>\r\nTo: <{wanted.recipient}>\r\n\r\n".encode()
    hasher = MessageHasher()
    hasher.feed(header)
    fields = header_of(header).fields
    return Content(fields=fields, octets=wanted.octets or _OCTETS), hasher.finish()


def _too_large(wanted: Rehearse, limit: int) -> list[PolicySaying]:
    """Return what the conversation itself says to a declared size, before any policy is asked."""
    if (wanted.octets or 0) <= limit:
        return []
    row = MESSAGE_TOO_LARGE
    reply = str(row.filled(limit=str(limit)))
    saying = PolicySaying(
        stage="mail",
        policy="message-size",
        says="refuse",
        decides=True,
        cause=row.cause,
        reply=reply,
        evidence=f"{wanted.octets} octets; [limits] message-size is {limit}",
        note=None,
    )
    return [saying]


def _sayings(opinions: Sequence[Opinion], *, has_decided: bool) -> list[PolicySaying]:
    sayings: list[PolicySaying] = []
    for opinion in opinions:
        sayings.append(_saying(opinion, has_decided=has_decided))
        has_decided = has_decided or sayings[-1].decides
    return sayings


def _saying(opinion: Opinion, *, has_decided: bool) -> PolicySaying:
    verdict, name = opinion.verdict, opinion.policy.name
    says, cause, reply, evidence, note = "pass", None, None, None, None
    if verdict is None:
        says = "not-asked"
    elif isinstance(verdict, Refuse | Defer):
        says = _SAID.get(opinion.mode) or ("defer" if isinstance(verdict, Defer) else "refuse")
        cause, reply = verdict.cause, str(reply_of(verdict))
        evidence = verdict.evidence or None
        note = "signature" if name in _UNLESS_SIGNED else None
    elif name in _BY_MESSAGE:
        says, note = "unknown", "message"
    return PolicySaying(
        stage=opinion.policy.stage.value,
        policy=name,
        says=says,  # type: ignore[arg-type]  # one of the words above
        decides=says in {"refuse", "defer"} and not has_decided,
        cause=cause,
        reply=reply,
        evidence=evidence,
        note=note,
    )


_SAID = {Mode.LOG: "log"}


def _told(
    wanted: Rehearse,
    listener: str,
    facts: Facts,
    sayings: list[PolicySaying],
    probe: RecipientSaying | None,
) -> Rehearsal:
    decides = next((each for each in sayings if each.decides), None)
    login, connector = facts.login, facts.connector
    name = login.account.name if login else connector.name if connector else None
    return Rehearsal(
        schema=SCHEMA,
        would="accept" if decides is None else "defer" if decides.says == "defer" else "refuse",
        listener=listener,
        sender=wanted.sender,
        recipient=wanted.recipient,
        ip=wanted.ip,
        taken_for="account" if login else "connector" if connector else "stranger",
        taken_name=name,
        organisation=facts.organisation.name if facts.organisation else None,
        leads_to=_kind(facts),
        is_ours=facts.domain is not None,
        cause=decides.cause if decides else None,
        policy=decides.policy if decides else None,
        reply=decides.reply if decides else None,
        sayings=sayings,
        unknown=list(_unknown(wanted, facts)),
        probe=probe,
    )


def _kind(facts: Facts) -> str | None:
    if facts.found is None:
        return None
    name = type(facts.found.entry).__name__
    return "".join(f"-{each.lower()}" if each.isupper() else each for each in name).lstrip("-")


def _unknown(wanted: Rehearse, facts: Facts) -> list[str]:
    """Return the names of sentences about what nobody could know."""
    unknown = ["message"]
    if not facts.is_ours:
        unknown.append("signature")
    if wanted.octets is None:
        unknown.append("size")
    unknown.append("tls")
    if facts.domain is None and not wanted.probe:
        unknown.append("remote")
    return unknown
