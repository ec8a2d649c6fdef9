"""SPF: the RFC's own suite, a second implementation, and what a person is told."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dns.name
import pytest
import spf as pyspf
import yaml

from whybounce.checking.lookups import LookUps, Resolver
from whybounce.checking.spf import finding, spf
from whybounce.provoking.name_server import Records, Trouble
from whybounce.vocabulary.authentication import Result, SpfIdentity
from whybounce.vocabulary.finding import Answer
from zones import asking, txt, zone

SUITE = Path(__file__).parent / "rfc7208" / "rfc7208-tests.yml"
_TYPES = ("A", "AAAA", "MX", "PTR", "TXT", "CNAME")


def _sections() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(SUITE.read_text(encoding="utf-8")))


def _records(data: Mapping[str, Sequence[object]]) -> Records:
    """Return what the suite's zone holds; SPF stands for TXT where a name has no TXT."""
    records = Records()
    for written, entries in data.items():
        name = dns.name.from_text(written).to_text(omit_final_dot=True)
        pairs = [pair for entry in entries if isinstance(entry, dict) for pair in entry.items()]
        has_txt = any(rdtype == "TXT" for rdtype, _ in pairs)
        for rdtype, value in pairs:
            kind = "TXT" if rdtype == "SPF" and not has_txt else rdtype
            if value != "NONE" and kind != "SPF":
                records.add(name, kind, _presented(kind, value))
        if "TIMEOUT" in entries:
            there = {kind for of, kind in records.data if of == name.lower()}
            for kind in set(_TYPES) - there:
                records.troubles_of_type[name.lower(), kind] = Trouble.SERVFAIL
    return records


def _presented(kind: str, value: Any) -> str:
    match kind:
        case "TXT":
            parts = value if isinstance(value, list) else [value]
            return " ".join(txt(str(part)) for part in parts or [""])
        case "MX":
            return f"{value[0]} {value[1] or ''}."
        case "PTR" | "CNAME":
            return f"{value}."
        case _:
            return str(value)


def _cases() -> list[Any]:
    return [
        pytest.param(section["zonedata"], case, id=f"{section['description']}: {name}")
        for section in _sections()
        for name, case in section["tests"].items()
    ]


def test_the_suite_is_whole():
    """As RFC 7208's own authors left it."""
    assert len(_cases()) == 203


@pytest.mark.parametrize("data, case", _cases())
def test_every_case_of_the_rfcs_suite(data, case):
    """Result and, where one is named, the domain's explanation."""

    async def judged():
        async with asking(_records(data)) as resolver:
            return await spf(
                LookUps(resolver),
                address=str(case["host"]),
                mail_from=case["mailfrom"],
                helo=case["helo"],
                receiver="receiver.example",
            )

    found = asyncio.run(judged())
    allowed = case["result"] if isinstance(case["result"], list) else [case["result"]]
    wanted = case.get("explanation", "DEFAULT")

    assert found.result in allowed, found
    if found.result == "fail" and wanted != "DEFAULT":
        assert found.explanation == wanted
