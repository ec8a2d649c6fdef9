"""Facts to judge: a stranger who writes to Ben, and how others differ from that."""

import dataclasses
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import msgspec

from whybounce.catalogue import catalogue
from whybounce.gateway.addresses import DomainName, MailAddress
from whybounce.gateway.directory import (
    Account,
    By,
    Domain,
    Entry,
    Found,
    InboundConnector,
    Login,
    Organisation,
    Rights,
)
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies import Content, Defer, Facts, Refuse, Verdict
from whybounce.gateway.store.rows import Block
from whybounce.gateway.values import Secret
from whybounce.vocabulary.authentication import (
    ArcResult,
    Authentication,
    DmarcPolicy,
    DmarcResult,
    Method,
    Result,
    ReverseNameResult,
    SignatureResult,
    SpfIdentity,
    SpfResult,
)
from whybounce.vocabulary.cause import VerdictKind
from whybounce.vocabulary.envelope import Envelope, Recipient
from whybounce.vocabulary.session import Session
from whybounce.wording import own_reply


def replace(noun: Any, **changes: object) -> Any:
    """Return a noun with other values: facts are structs, what they are made of is dataclasses."""
    if isinstance(noun, msgspec.Struct):
        return msgspec.structs.replace(noun, **changes)
    return dataclasses.replace(noun, **changes)


NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BEN = MailAddress("ben@contoso.example")
OURS = Domain(name=DomainName("contoso.example"))
CONTOSO = Organisation(name="Contoso")
ANNA = Login(Account(name="anna@contoso.example", password=Secret("x")), "Contoso")
OUR_SERVER = InboundConnector(name="office", internal=True)
RELAY = InboundConnector(name="branch", may_relay=True)
OPEN = Rights(
    accepted=True,
    rejected="",
    entry_needs_authentication=False,
    organisation_needs_authentication=False,
    moderators=(),
)
STRANGER = Facts(
    session=Session("T1", "inbound", ip_address("192.0.2.9"), 4711, helo="mx.remote.example"),
    host="mail.contoso.example",
    is_submission=False,
    limits=Limits(),
    now=NOW,
    envelope=Envelope("chris@remote.example"),
    recipient=Recipient(BEN),
    domain=OURS,
    receiving=CONTOSO,
)
"""An outside server that brings mail of Chris for Ben, whom nobody knows yet."""

COLLEAGUE = replace(
    STRANGER,
    is_submission=True,
    login=ANNA,
    organisation=CONTOSO,
    envelope=Envelope("anna@contoso.example"),
    owns_return_path=True,
)
"""Anna, logged in, who writes to Ben."""


def found(entry: Entry, rights: Rights = OPEN, facts: Facts = STRANGER, **more: object) -> Facts:
    """Return the facts with a recipient that leads to that entry."""
    here = Found(entry, "Contoso", OURS, By.ADDRESS)
    return replace(facts, found=here, rights=rights, **more)


def sent(header: str, facts: Facts = STRANGER, octets: int = 1000, **more: object) -> Facts:
    """Return the facts at the dot, with a message of that header."""
    fields = tuple(
        (name, value) for name, _, value in (line.partition(": ") for line in header.splitlines())
    )
    return replace(facts, content=Content(fields=fields, octets=octets, **more))


def in_force(
    kind: str, subject: str, cause: str, *, reason: str = "as agreed", by: str = "an administrator"
) -> Block:
    """Return a block."""
    return Block("B1", kind, subject, cause, reason, NOW, by, until=None)


def blocked(facts: Facts, kind: str, subject: str, cause: str, reason: str) -> Facts:
    """Return the facts with a block in force."""
    block = Block("B1", kind, subject, cause, reason, NOW, "olga", None)
    return replace(facts, blocks=(*facts.blocks, block))


def words_of(verdict: Verdict) -> str:
    """Return what the client is told."""
    assert isinstance(verdict, Refuse | Defer)
    kind = VerdictKind.DEFER if isinstance(verdict, Defer) else VerdictKind.REFUSE
    return str(own_reply(catalogue(), verdict.cause, kind, verdict.values, status=verdict.status))


def cause_of(verdict: Verdict) -> str | None:
    """Return the cause that a verdict names, having made sure that there are words for it."""
    if not isinstance(verdict, Refuse | Defer):
        return None
    kind = VerdictKind.DEFER if isinstance(verdict, Defer) else VerdictKind.REFUSE
    said = own_reply(catalogue(), verdict.cause, kind, verdict.values, status=verdict.status)
    assert said.code is not None
    assert said.code // 100 == (4 if kind is VerdictKind.DEFER else 5)
    assert "{" not in said.text
    return verdict.cause


def judged(
    spf: Result = Result.NONE,
    dmarc: Result = Result.NONE,
    *,
    facts: Facts = STRANGER,
    asked: DmarcPolicy | None = None,
    aligned: tuple[Method, ...] = (),
    signers: tuple[str, ...] = (),
    arc: ArcResult | None = None,
    name: Result = Result.PASS,
    identity: SpfIdentity = SpfIdentity.MAIL_FROM,
) -> Facts:
    """Return the facts of Chris's mail at the dot, with what was found about who sent it."""
    found = Authentication(
        helo="mx.remote.example",
        mail_from=facts.sender,
        spf=SpfResult(
            spf, identity, "192.0.2.9", "remote.example", facts.sender, "as asked", term="-all"
        ),
        spf_helo=SpfResult(
            Result.NONE, SpfIdentity.HELO, "192.0.2.9", "mx.remote.example", "", "no record"
        ),
        signatures=tuple(
            SignatureResult(Result.PASS, domain, "s1", "it holds") for domain in signers
        ),
        dmarc=DmarcResult(
            dmarc, "remote.example", "as asked", asked, asked, "remote.example", aligned=aligned
        ),
        arc=arc or ArcResult(Result.NONE, "there is none"),
        reverse_name=ReverseNameResult(name, str(facts.session.address), "as asked"),
    )
    return replace(facts, authentication=found, content=Content(fields=(), octets=1000))
