"""Does SPF or DKIM speak for the domain in From, and what does it ask for else? RFC 9989.

Where a domain ends and another's begins is told by the DNS tree walk of §4.10, at most eight
questions a name; no list of public suffixes is needed.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whybounce.checking.lookups import Asking, Records
from whybounce.vocabulary.authentication import (
    DmarcPolicy,
    DmarcResult,
    Method,
    Result,
    SignatureResult,
    SpfResult,
)
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding

_MOST_LABELS_WALKED = 7  # §4.10, step 5: a longer name is cut to so many after its own question.
_VERSION = re.compile(r"[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)")
_TAG = re.compile(r"([A-Za-z]{1,20})[ \t]*=[ \t]*([^;]{0,2000})")
_MILDER = {DmarcPolicy.REJECT: DmarcPolicy.QUARANTINE, DmarcPolicy.QUARANTINE: DmarcPolicy.NONE}


@dataclass(frozen=True, slots=True)
class _Found:
    """A DMARC record and where it stands."""

    domain: str
    record: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Walk:
    """What the tree walk found, from the name itself upwards."""

    domain: str
    found: tuple[_Found, ...]
    undecided: Records | None = None  # A question without an answer, on the way.

    @property
    def organisation(self) -> str:
        """The organisational domain, RFC 9989 §4.10.2."""
        for one in self.found:
            if one.tags.get("psd") == "n":
                return one.domain
            if one.tags.get("psd") == "y" and one.domain != self.domain:
                return _one_label_below(one.domain, self.domain)
        return self.found[-1].domain if self.found else self.domain

    @property
    def policy_record(self) -> _Found | None:
        """The domain's own record; else its organisation's; else its public suffix's: §4.10.1."""
        by_domain = {one.domain: one for one in self.found}
        own = by_domain.get(self.domain) or by_domain.get(self.organisation)
        return own or next((one for one in self.found if one.tags.get("psd") == "y"), None)


async def dmarc(
    resolver: Asking,
    *,
    authors: Sequence[str],
    spf: SpfResult,
    signatures: Sequence[SignatureResult],
) -> DmarcResult:
    """Return whether the message is the author domain's own.

    Args:
        resolver: Who is asked.
        authors: The domains in From. RFC 9989 judges one; of none or several the result is a
            permanent error.
        spf: For the return path; for the HELO name where that is empty.
        signatures: What each DKIM signature came to.

    """
    if len(authors) != 1:
        named = ", ".join(authors[:3]) or "no domain"
        evidence = f"From names {named}: DMARC judges exactly one"
        return DmarcResult(Result.PERMERROR, authors[0] if authors else "", evidence)
    domain = authors[0]
    holding = await _holding(resolver, domain)
    if isinstance(holding, DmarcResult):
        return holding
    walk, found = holding
    claims = _claims(spf, signatures)
    aligned = [
        method
        for method, claimed in claims
        if await _is_aligned(resolver, claimed, walk, found.tags, method)
    ]
    policy, undecided = await _policy(resolver, domain, found)
    result, why = _result(domain, aligned, claims, spf, signatures, undecided)
    return DmarcResult(
        result,
        domain,
        why,
        policy,
        _asked(policy, found),
        found.domain,
        walk.organisation,
        tuple(dict.fromkeys(aligned)),
        found.record,
    )


def finding_of_published(found: DmarcResult) -> Finding:
    """Return what ``published`` found as the finding ``dmarc``.

    A missing record fails it, for large receivers ask for one.
    """
    answers = {Result.PASS: Answer.HOLDS, Result.TEMPERROR: Answer.UNKNOWN}
    result = "published" if found.result is Result.PASS else found.result
    values = {"sender_domain": found.domain, "domain": found.policy_domain or found.domain}
    answer = answers.get(found.result, Answer.FAILS)
    return Finding(CheckName.DMARC, answer, found.evidence, result, values, found.record)


async def organisation_of(resolver: Asking, domain: str) -> str:
    """Return the organisational domain; the domain itself where the DNS cannot tell."""
    return (await _walk(resolver, domain)).organisation


async def published(resolver: Asking, domain: str) -> DmarcResult:
    """Return what holds for mail with the domain in From, without a message.

    The result is ``pass`` where a record holds for it, ``none`` where there is none.
    """
    holding = await _holding(resolver, domain)
    if isinstance(holding, DmarcResult):
        return holding
    walk, found = holding
    policy, _ = await _policy(resolver, domain, found)
    evidence = f"the DMARC record of {found.domain} asks for p={policy} for {domain}"
    return DmarcResult(
        Result.PASS,
        domain,
        evidence,
        policy,
        _asked(policy, found),
        found.domain,
        walk.organisation,
        record=found.record,
    )


async def _holding(resolver: Asking, domain: str) -> tuple[_Walk, _Found] | DmarcResult:
    """Return the record that holds for the domain, and where it was found; or why there is none."""
    walk = await _walk(resolver, domain)
    if walk.undecided is not None:
        return DmarcResult(Result.TEMPERROR, domain, walk.undecided.detail)
    if walk.policy_record is None:
        evidence = f"neither {domain} nor a domain above it publishes a DMARC record"
        return DmarcResult(Result.NONE, domain, evidence, organisation=walk.organisation)
    return walk, walk.policy_record


def _asked(policy: DmarcPolicy, found: _Found) -> DmarcPolicy:
    """Return what is asked for where the domain is only testing: one step less, RFC 9989 §4.7."""
    is_testing = found.tags.get("t", "").lower() == "y"
    return _MILDER.get(policy, policy) if is_testing else policy


def walked(domain: str) -> tuple[str, ...]:
    """Return the names that the tree walk asks about, in its order: RFC 9989 §4.10."""
    labels = domain.split(".")
    above = labels[1:] if len(labels) <= _MOST_LABELS_WALKED else labels[-_MOST_LABELS_WALKED:]
    return (domain, *(".".join(above[start:]) for start in range(len(above))))


async def _walk(resolver: Asking, domain: str) -> _Walk:
    """Ask all names at once, and use the answers as if they had been asked for in turn."""
    names = walked(domain)
    answers = await asyncio.gather(*(resolver.texts(f"_dmarc.{name}") for name in names))
    found: list[_Found] = []
    for name, answer in zip(names, answers, strict=True):
        if answer.is_undecided:
            return _Walk(domain, tuple(found), answer)
        # §4.10, steps 2 and 7: what is no DMARC record is discarded, and so are several.
        records = [text for text in answer.values if _VERSION.match(text)]
        if len(records) == 1:
            one = _Found(name, records[0], _tags(records[0]))
            if not _is_usable(one):
                continue
            found.append(one)
            if one.tags.get("psd") in {"n", "y"}:
                break
    return _Walk(domain, tuple(found))


def _tags(record: str) -> dict[str, str]:
    pairs = (_TAG.fullmatch(part.strip()) for part in record.split(";")[:40])
    tags: dict[str, str] = {}
    for pair in filter(None, pairs):
        tags.setdefault(pair[1].lower(), pair[2].strip())
    return tags | {"psd": tags.get("psd", "u").lower()}


def _is_usable(found: _Found) -> bool:
    """Say whether the record says anything. §4.7: p= may be missing, and means none then.

    A p= that is none of the three words counts as none where somebody wants reports, else the
    record is as good as absent.
    """
    return found.tags.get("p", "none").lower() in set(DmarcPolicy) or "rua" in found.tags


async def _policy(
    resolver: Asking, domain: str, found: _Found
) -> tuple[DmarcPolicy, Records | None]:
    """Return what is asked for: p= for the domain itself, sp= and np= for those below. §4.7."""
    if domain == found.domain:
        return _word(found, "p"), None
    below = _word(found, "sp", "p")
    if "np" not in found.tags or _word(found, "np", "sp", "p") is below:
        return below, None
    rdtypes = ("A", "AAAA", "MX")
    answers = await asyncio.gather(*(resolver.records(domain, rdtype) for rdtype in rdtypes))
    undecided = next((answer for answer in answers if answer.is_undecided), None)
    # §3.2.13: a name without any of the three does not exist.
    exists = undecided is not None or any(answer.values for answer in answers)
    return (below if exists else _word(found, "np", "sp", "p")), undecided


def _word(found: _Found, *tags: str) -> DmarcPolicy:
    words = (found.tags.get(tag, "").lower() for tag in tags)
    return next((DmarcPolicy(word) for word in words if word in set(DmarcPolicy)), DmarcPolicy.NONE)


def _claims(spf: SpfResult, signatures: Sequence[SignatureResult]) -> list[tuple[Method, str]]:
    """Return the domains that were proven, with what proved them."""
    claims = [(Method.DKIM, one.domain) for one in signatures if one.result is Result.PASS]
    if spf.result is Result.PASS:
        claims.append((Method.SPF, spf.domain))
    return list(dict.fromkeys(claims))


async def _is_aligned(
    resolver: Asking, claimed: str, author: _Walk, tags: Mapping[str, str], method: Method
) -> bool:
    """Say whether a proven domain speaks for the author's: §4.4, relaxed or strict."""
    claimed = claimed.lower().rstrip(".")
    if claimed == author.domain:
        return True
    if tags.get("aspf" if method is Method.SPF else "adkim", "r").lower() == "s":
        return False
    organisation = author.organisation
    # An organisation stands at or above each of its domains, so others need not be asked about.
    if claimed != organisation and not claimed.endswith(f".{organisation}"):
        return False
    return await organisation_of(resolver, claimed) == organisation


def _result(
    domain: str,
    aligned: Sequence[Method],
    claims: Sequence[tuple[Method, str]],
    spf: SpfResult,
    signatures: Sequence[SignatureResult],
    undecided: Records | None,
) -> tuple[Result, str]:
    if aligned:
        by = " and ".join(method.upper() for method in dict.fromkeys(aligned))
        return Result.PASS, f"{by} passed for {domain}"
    judged: list[SpfResult | SignatureResult] = [spf, *signatures]
    doubts = [one for one in judged if one.result is Result.TEMPERROR]
    if doubts:
        return Result.TEMPERROR, f"whether it is from {domain} cannot be told: {doubts[0].evidence}"
    if undecided is not None:
        return Result.TEMPERROR, undecided.detail
    passed = ", ".join(f"{method.upper()} for {claimed}" for method, claimed in claims[:3])
    but = f"only {passed} passed" if passed else "neither SPF nor DKIM passed"
    return Result.FAIL, f"nothing proves that the message is from {domain}: {but}"


def _one_label_below(suffix: str, domain: str) -> str:
    labels = domain.split(".")
    return ".".join(labels[-(suffix.count(".") + 2) :])
