"""Has an address a name, and does the name point back to it? RFC 8601 §3, RFC 1912 §2.1."""

import asyncio
from ipaddress import IPv4Address, IPv6Address, ip_address

from whybounce.checking.lookups import Asking, Records, doubt_about
from whybounce.vocabulary.authentication import Result, ReverseNameResult
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding

_MOST_NAMES = 10  # RFC 7208 §4.6.4 sets the same bound for the same reason.


async def reverse_name(resolver: Asking, address: str) -> ReverseNameResult:
    """Return the address's name and whether it points back.

    Raises:
        ValueError: ``address`` is no IP address.

    """
    client = ip_address(address)
    asked = client.reverse_pointer
    pointers = await resolver.records(asked, "PTR")

    def result(kind: Result, evidence: str, name: str = "") -> ReverseNameResult:
        return ReverseNameResult(kind, address, evidence, name, asked)

    if pointers.is_undecided:
        return result(Result.TEMPERROR, pointers.detail)
    if pointers.absence is not None:
        if doubt := await doubt_about(resolver, asked):
            return result(Result.TEMPERROR, doubt)
        return result(Result.PERMERROR, f"{address} has no name: {pointers.detail}")
    names = [value.rstrip(".").lower() for value in pointers.values[:_MOST_NAMES]]
    rdtype = "A" if client.version == 4 else "AAAA"
    forward = await asyncio.gather(*(resolver.records(name, rdtype) for name in names))
    for name, records in zip(names, forward, strict=True):
        if client in _addresses(records):
            return result(Result.PASS, f"{address} is {name}, and {name} is {address}", name)
    undecided = next((records for records in forward if records.is_undecided), None)
    if undecided is not None:
        return result(Result.TEMPERROR, undecided.detail, names[0])
    listed = ", ".join(names[:3])
    evidence = f"{address} is called {listed}, but no {rdtype} record there names {address}"
    return result(Result.FAIL, evidence, names[0])


def finding(found: ReverseNameResult) -> Finding:
    """Return it as the finding ``reverse-dns``."""
    answers = {Result.PASS: Answer.HOLDS, Result.TEMPERROR: Answer.UNKNOWN}
    return Finding(
        CheckName.REVERSE_DNS,
        answers.get(found.result, Answer.FAILS),
        found.evidence,
        "none" if found.result is Result.PERMERROR else found.result,
        {"ip": found.address, "helo": found.name, "reverse": found.record},
        f"{found.record} PTR {found.name}" if found.name else "",
    )


def _addresses(records: Records) -> set[IPv4Address | IPv6Address]:
    return {ip_address(value) for value in records.values}
