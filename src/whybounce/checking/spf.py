"""May the server at this address send for the domain? RFC 7208.

The record is judged by spftrace, which asks through our resolver: so what it may cost is bounded
twice, by RFC 7208 §4.6.4 and by the limits of the look-ups.
"""

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import spftrace
from spftrace.macros import MacroContext, expand, truncate_domain

from whybounce.checking.domains import to_ascii
from whybounce.checking.lookups import Absence, Asking
from whybounce.vocabulary.authentication import Result, SpfIdentity, SpfResult
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding

_SECONDS = 20.0  # RFC 7208 §4.6.4: at least so long.
_NOBODY = "192.0.2.0"  # RFC 5737: no server has this address.
_LONGEST_EXPLANATION = 300  # It goes into a reply.


async def spf(
    resolver: Asking, *, address: str, mail_from: str, helo: str, receiver: str = "unknown"
) -> SpfResult:
    """Return what the domain of the return path says about the address.

    Args:
        resolver: Who is asked.
        address: The client's.
        mail_from: Where it is empty, ``postmaster@`` the HELO name is judged: RFC 7208 §2.4.
        helo: As the client gave it.
        receiver: Our own name, for a domain's explanation that names it (§7.3).

    Raises:
        ValueError: ``address`` is no IP address.

    """
    if "@" in mail_from:
        local, _, domain = mail_from.rpartition("@")
        return await _judged(
            resolver, SpfIdentity.MAIL_FROM, address, local, domain, helo, receiver
        )
    return await spf_of_helo(resolver, address=address, helo=helo, receiver=receiver)


async def spf_of_helo(
    resolver: Asking, *, address: str, helo: str, receiver: str = "unknown"
) -> SpfResult:
    """Return what the domain that the client calls itself by says: RFC 7208 §2.3.

    Raises:
        ValueError: ``address`` is no IP address.

    """
    identity = SpfIdentity.HELO
    return await _judged(resolver, identity, address, "postmaster", helo, helo, receiver)


def finding(found: SpfResult) -> Finding:
    """Return it as the finding ``spf``; a missing record fails it, for large receivers ask for one."""
    answers = {
        Result.PASS: Answer.HOLDS,
        Result.NEUTRAL: Answer.UNKNOWN,
        Result.TEMPERROR: Answer.UNKNOWN,
    }
    values = {"sender_domain": found.domain, "ip": found.address, "sender": found.sender}
    answer = answers.get(found.result, Answer.FAILS)
    return Finding(CheckName.SPF, answer, found.evidence, found.result, values, found.record)


async def published(resolver: Asking, domain: str) -> SpfResult:
    """Return whether the domain's record can be judged, whoever sends.

    The result is ``pass`` where it can, else ``none``, ``permerror`` or ``temperror``. All of its
    terms are tried, for a mistake behind the one that usually matches is a mistake too.
    """
    identity = SpfIdentity.MAIL_FROM
    judged = await _judged(resolver, identity, _NOBODY, "postmaster", domain, domain, "unknown")
    judged = replace(judged, address="")
    if judged.result in {Result.NONE, Result.PERMERROR, Result.TEMPERROR}:
        return judged
    evidence = f"{judged.domain} publishes {judged.record}"
    return replace(judged, result=Result.PASS, evidence=evidence[:500], term="")


def finding_of_published(found: SpfResult) -> Finding:
    """Return what ``published`` found as the finding ``spf``."""
    told = finding(found)
    return replace(told, result="published") if found.result is Result.PASS else told


async def _judged(
    resolver: Asking,
    identity: SpfIdentity,
    address: str,
    local_part: str,
    domain: str,
    helo: str,
    receiver: str,
) -> SpfResult:
    client = ip_address(address.partition("%")[0])
    ascii_domain = to_ascii(domain.rstrip(".")) or ""
    sender = f"{local_part or 'postmaster'}@{ascii_domain or domain}"
    if "." not in ascii_domain:
        evidence = f"{domain[:255]!r} is no domain that can have an SPF record"
        return SpfResult(Result.NONE, identity, address, domain, sender, evidence)
    limits = spftrace.Limits(time_limit=_SECONDS)
    evaluator = _Evaluator(_Transport(resolver), limits, receiver=receiver)
    judged = await evaluator.evaluate(str(client), sender, to_ascii(helo) or "unknown")
    events = judged.trace.events
    result = Result(judged.result)
    term = _deciding_term(events)
    return SpfResult(
        result,
        identity,
        address,
        ascii_domain,
        sender,
        _evidence(result, ascii_domain, address, term, events),
        next((one.data["policy"] for one in events if one.kind in _RECORD_SEEN), ""),
        term,
        _printable(judged.explanation or "")[:_LONGEST_EXPLANATION],
    )


class _Transport(spftrace.BaseResolver):
    """Our resolver, as spftrace asks it."""

    def __init__(self, resolver: Asking) -> None:
        self._resolver = resolver

    async def _lookup(self, name: str, rtype: str) -> tuple[str, list[str]]:
        asking = self._resolver
        found = await (asking.texts(name) if rtype == "TXT" else asking.records(name, rtype))
        if found.absence is Absence.NO_NAME:
            return "NXDOMAIN", []
        if found.is_undecided:
            raise spftrace.DnsError(found.detail)
        if rtype in {"MX", "PTR"}:
            return "NOERROR", [value.rsplit(" ", 1)[-1].rstrip(".") for value in found.values]
        return "NOERROR", list(found.values)


class _Evaluator(spftrace.Evaluator):
    """spftrace's, with explanations (RFC 7208 §6.2) of more than a word, which 0.3 gives up."""

    async def _explanation(
        self, ip: Any, domain: str, sender: str, helo: str, exp_term: spftrace.Term
    ) -> str | None:
        about = MacroContext(ip, sender, helo, domain, self.receiver, self.session)
        try:
            # RFC 7208 §4.6.4: the result stands already, and this changes nothing about it.
            with self.session.void_exempt():
                where = truncate_domain(await expand(exp_term.arg or "", about))
                _, texts = await self.session.query(where, "TXT")
                if len(texts) != 1 or not texts[0].isascii():
                    return None
                # §6.2: macro strings with spaces between them.
                words = [await expand(word, about, exp=True) for word in texts[0].split(" ")]
                return " ".join(words)
        except (spftrace.SpfError, spftrace.DnsError, ValueError):
            return None


_RECORD_SEEN = ("policy_parsed", "parse_error")


def _deciding_term(events: list[Any]) -> str:
    """Return the term of the domain's own record that matched or, for an error, was looked at."""
    seen = [one.data["raw"] for one in events if one.kind == "mech_start" and one.depth == 0]
    went_on = next((one for one in events if one.kind == "recurse_in" and one.depth == 0), None)
    if went_on is not None and went_on.data["via"] == "redirect":
        return f"redirect={went_on.data['domain']}"
    undecided = any(
        one.kind == "eval_done" and one.depth == 0 and one.data.get("reason") for one in events
    )
    return seen[-1] if seen and not undecided else ""


def _evidence(result: Result, domain: str, address: str, term: str, events: list[Any]) -> str:
    reasons = [str(one.data["reason"]) for one in events if one.kind == "exit"]
    reasons += [str(one.data["message"]) for one in events if one.kind == "txt_error"]
    reason = ": ".join(dict.fromkeys(reasons))
    said = {
        Result.NONE: f"{domain} publishes no SPF record",
        Result.PERMERROR: f"the SPF record of {domain} has a mistake: {reason}",
        Result.TEMPERROR: f"the SPF record of {domain} could not be judged: {reason}",
        Result.NEUTRAL: f"the SPF record of {domain} leaves open whether {address} may send",
    }
    by = f", by its term {term}" if term else ""
    verb = "lets" if result is Result.PASS else "does not let"
    written = said.get(result, f"the SPF record of {domain} {verb} {address} send{by}")
    return _printable(written)[:500]


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else " " for each in text)
