"""Do the TLSA records of the domain's mail servers vouch for what these show? RFC 7672.

A record that nobody signed vouches for nothing, and a sender that keeps DANE never looks at it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from whybounce.checking.dane import judge
from whybounce.checking.lookups import Absence, Asking, Records
from whybounce.checking.mail_servers import MailServer
from whybounce.checking.tlsa import TlsaAnswer, tlsa_of
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding


@dataclass(frozen=True, slots=True)
class Vouched:
    """A host's records, and whether they count."""

    host: str
    answer: TlsaAnswer
    is_ignored: bool = False  # There are records, and nobody signed them or the host's addresses.


async def vouched_for(
    resolver: Asking, hosts: Mapping[str, Sequence[Records]], port: int, *, by_secure: bool
) -> tuple[Vouched, ...]:
    """Ask for the TLSA records of each host.

    Args:
        resolver: Who is asked.
        hosts: Each host's address records.
        port: Where it takes mail.
        by_secure: The MX records that name the hosts were validated: RFC 7672 §2.2.1.

    """
    asked = (
        _vouched(resolver, host, pair, port, by_secure=by_secure) for host, pair in hosts.items()
    )
    return tuple(await asyncio.gather(*asked))


async def _vouched(
    resolver: Asking, host: str, pair: Sequence[Records], port: int, *, by_secure: bool
) -> Vouched:
    """RFC 7672 §2.2.2: of an alias the name it leads to is asked for first."""
    is_secure = by_secure and all(records.secure for records in pair if records.values)
    canonical = next((records.canonical for records in pair if records.canonical), None)
    if not is_secure:
        records = await resolver.records(f"_{port}._tcp.{host}", "TLSA")
        answer = TlsaAnswer(host, f"_{port}._tcp.{host}")
        return Vouched(host, answer, is_ignored=bool(records.values))
    answer = await tlsa_of(canonical or host, port, resolver)
    if canonical and not (answer.records or answer.trouble):
        answer = await tlsa_of(host, port, resolver)
    if answer.records or answer.trouble:
        return Vouched(host, answer)
    unsigned = await resolver.records(answer.name, "TLSA")
    return Vouched(host, answer, is_ignored=bool(unsigned.values))


def dane_kept(
    vouched: Sequence[Vouched], servers: Sequence[MailServer], domain: str, now: datetime
) -> Finding:
    """Return whether each host shows what its records vouch for."""
    shown = {server.host: server for server in servers}
    judged = [_judged(each, shown.get(each.host), domain, now) for each in vouched]
    if not judged:
        return Finding(CheckName.TLSA, Answer.HOLDS, "no host to ask about", "none", {})
    worst = min(judged, key=lambda each: _WORST_FIRST.index(each.result))
    evidence = "; ".join(each.evidence for each in judged)
    values = {"domain": domain, **worst.values}
    return Finding(worst.check, worst.answer, evidence, worst.result, values, worst.record)


def proven_hosts(
    vouched: Sequence[Vouched], servers: Sequence[MailServer], domain: str, now: datetime
) -> frozenset[str]:
    """Return the hosts whose records vouch for what they showed."""
    shown = {server.host: server for server in servers}
    return frozenset(
        each.host
        for each in vouched
        if _judged(each, shown.get(each.host), domain, now).result == "pass"
    )


# Whatever a sender that keeps DANE stumbles over stands before what it does not.
_WORST_FIRST = (
    "bogus", "no-match", "not-offered", "unknown", "not-reached", "unusable", "ignored", "none", "pass",
)  # fmt: skip


def _judged(vouched: Vouched, server: MailServer | None, domain: str, now: datetime) -> Finding:
    check, answer, host = CheckName.TLSA, vouched.answer, vouched.host
    values = {"remote": host}
    if answer.trouble is not None:
        is_bogus = answer.trouble.absence is Absence.BOGUS
        said = (Answer.FAILS, "bogus") if is_bogus else (Answer.UNKNOWN, "unknown")
        return Finding(check, said[0], answer.trouble.detail, said[1], values)
    if vouched.is_ignored:
        evidence = f"{answer.name} has records, and they or the way to them are not signed"
        return Finding(check, Answer.HOLDS, evidence, "ignored", values)
    if not answer.records:
        return Finding(check, Answer.HOLDS, f"{answer.name} has no TLSA records", "none", values)
    record = "; ".join(map(str, answer.records))
    seen = server.encryption if server else None
    if seen is None:
        evidence = f"{host} has TLSA records and could not be asked"
        return Finding(check, Answer.UNKNOWN, evidence, "not-reached", values, record)
    if not seen.chain:
        evidence = f"{host} has TLSA records and does no TLS"
        return Finding(check, Answer.FAILS, evidence, "not-offered", values, record)
    if not any(each.is_usable for each in answer.records):
        evidence = f"no record of {answer.name} can be used for mail"
        return Finding(check, Answer.HOLDS, evidence, "unusable", values, record)
    found = judge(answer.records, seen.chain, (answer.base, host, domain), now)
    if found.fault is None:
        evidence = f"{answer.name} vouches for what {host} shows: {found.evidence}"
        return Finding(check, Answer.HOLDS, evidence, "pass", values, str(found.record or record))
    values["reason"] = found.evidence
    return Finding(check, Answer.FAILS, found.evidence, "no-match", values, record)
