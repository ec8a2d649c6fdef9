"""Do DNS block lists list the address or the domain? RFC 5782.

A list that refuses our resolver answers too, and what it answers is no listing: its test entries
tell (§5), and the codes by which the large ones say so.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, ip_address

from whybounce.checking.domains import to_ascii
from whybounce.checking.lookups import Absence, Asking, Records
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding

ANY_CODE = ("127.0.0.0/8",)  # §2.1. Anything else is a domain that was sold on.
_LISTED = IPv4Network(ANY_CODE[0])
_LINK = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(?::\d{1,5})?(?:/[A-Za-z0-9._~/?&=%#+-]{0,300})?")
_LONGEST_TEXT = 400


class Listing(StrEnum):
    """What a list answered."""

    LISTED = "listed"
    NOT_LISTED = "not-listed"
    REFUSED = "refused"  # Our resolver gets no answers from this list: not listed, nor not.
    FAILED = "failed"  # The DNS could not tell.


@dataclass(frozen=True, slots=True)
class BlockList:
    """A list, and how its answers are to be read."""

    zone: str
    codes: tuple[str, ...] = ANY_CODE  # Answers that mean a listing.
    refusals: tuple[str, ...] = ("127.255.255.0/24", "127.0.0.1/32")  # "You may not ask me."
    link: str = ""  # Where a listing can be looked up; the list's own text goes before it.


@dataclass(frozen=True, slots=True)
class BlockListResult:
    """What one list says about one address or domain."""

    listing: Listing
    zone: str
    subject: str  # The address or domain.
    evidence: str
    codes: tuple[str, ...] = ()
    text: str = ""  # The list's own words.
    link: str = ""


async def block_lists(
    resolver: Asking, subject: str, lists: Sequence[BlockList]
) -> tuple[BlockListResult, ...]:
    """Ask all lists at once about an IP address or a domain, and return their answers in order.

    A list that lists is asked for its words, and whether it answers truly at all: RFC 5782 §5.
    """
    return tuple(await asyncio.gather(*(_asked(resolver, subject, one) for one in lists)))


def finding(found: Iterable[BlockListResult]) -> Finding:
    """Return all lists' answers as the finding ``dns-block-lists``: one listing fails it."""
    found = tuple(found)
    listed = [one for one in found if one.listing is Listing.LISTED]
    doubtful = [one for one in found if one.listing in {Listing.REFUSED, Listing.FAILED}]
    check = CheckName.DNS_BLOCK_LISTS
    if listed:
        return _finding(check, Answer.FAILS, listed)
    if doubtful:
        return _finding(check, Answer.UNKNOWN, doubtful)
    if not found:
        return Finding(check, Answer.UNKNOWN, "no block list was asked", "not-asked")
    evidence = f"{found[0].subject} is on none of {len(found)} block lists"
    return Finding(check, Answer.HOLDS, evidence, Listing.NOT_LISTED, {"ip": found[0].subject})


def _finding(check: CheckName, answer: Answer, found: Sequence[BlockListResult]) -> Finding:
    first = found[0]
    values = {"ip": first.subject, "list": first.zone, "url": first.link}
    evidence = "; ".join(one.evidence for one in found)
    has_link = first.link or first.listing is not Listing.LISTED
    result = first.listing if has_link else "listed-without-link"
    return Finding(check, answer, evidence, result, values, " ".join(first.codes))


async def _asked(resolver: Asking, subject: str, one: BlockList) -> BlockListResult:
    name = f"{_queried(subject)}.{one.zone}"
    found = await resolver.records(name, "A")
    if found.absence in {Absence.NO_NAME, Absence.NO_DATA}:
        evidence = f"{one.zone} does not list {subject}"
        return BlockListResult(Listing.NOT_LISTED, one.zone, subject, evidence)
    if found.absence is not None:
        return BlockListResult(Listing.FAILED, one.zone, subject, found.detail)
    kind = _kind(found, one)
    if kind is Listing.NOT_LISTED:
        evidence = (
            f"{one.zone} answers {', '.join(found.values)} about {subject}: no listing of ours"
        )
        return BlockListResult(kind, one.zone, subject, evidence, found.values)
    text = await _text(resolver, name)
    # RFC 5782 §5: 127.0.0.1 is on no list, unless the list answers anything.
    never = await resolver.records(f"1.0.0.127.{one.zone}", "A")
    if never.is_undecided:
        return BlockListResult(Listing.FAILED, one.zone, subject, never.detail)
    if kind is Listing.LISTED and never.values:
        kind = Listing.REFUSED
        text = text or "it lists everything, even what RFC 5782 says is never listed"
    link = _link(text) or one.link.replace("{ip}", subject)
    said = f": {text}" if text else ""
    verb = "lists" if kind is Listing.LISTED else "does not answer our resolver about"
    evidence = f"{one.zone} {verb} {subject} ({', '.join(found.values)}){said}"
    return BlockListResult(kind, one.zone, subject, evidence, found.values, text, link)


def _kind(found: Records, one: BlockList) -> Listing:
    """Tell a listing from a refusal, and both from what the zone's new owner has put there."""
    codes = [IPv4Address(value) for value in found.values]
    if any(code in IPv4Network(each) for code in codes for each in one.refusals):
        return Listing.REFUSED
    if not all(code in _LISTED for code in codes):
        return Listing.REFUSED
    listed = any(code in IPv4Network(each) for code in codes for each in one.codes)
    return Listing.LISTED if listed else Listing.NOT_LISTED


async def _text(resolver: Asking, name: str) -> str:
    texts = (await resolver.texts(name)).values
    text = " ".join(
        "".join(each if each.isprintable() else " " for each in " ".join(texts)).split()
    )
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"


def _link(text: str) -> str:
    found = _LINK.search(text)
    return found[0].rstrip(".,;") if found else ""


def _queried(subject: str) -> str:
    """Return what is put in front of the list's name: RFC 5782 §2.1, §2.4, §3."""
    try:
        address = ip_address(subject)
    except ValueError:
        return (to_ascii(subject) or subject).rstrip(".").lower()
    reverse = address.reverse_pointer
    return reverse.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")
