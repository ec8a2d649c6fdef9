"""A text that somebody pasted: a reply, a line of a log, or the admin's block of a bounce.

Exchange's block for administrators names the generating server above the reply and puts the
original's header below it; both are read, so that a pasted bounce says as much as the mail.
"""

import re
from dataclasses import replace

from whybounce.notation import header_fields, read_text
from whybounce.reading.original import hops_of, original_of
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.report import Kind, Original, Report

_GENERATOR = re.compile(
    r"^[ \t*]{0,8}Generating server:[ \t]*([A-Za-z0-9][A-Za-z0-9.-]{0,253})",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER = re.compile(
    r"^[ \t*]{0,8}Original message headers:[^\n]{0,20}\n", re.IGNORECASE | re.MULTILINE
)


def read_pasted(text: str) -> Report:
    """Return a report of one outcome: what the text says became of a recipient. Never raises."""
    text = _unquoted(text)
    header = _HEADER.search(text)
    said = text[: header.start()] if header else text
    named = _GENERATOR.search(said)
    generator = named[1].rstrip(".") if named else None
    outcome = _with_generator(read_text(said), generator)
    original = _original(text[header.end() :]) if header else None
    return Report(
        kind=Kind.DELAY if outcome.action is Action.DELAYED else Kind.FAILURE,
        form="text",
        generator=generator,
        outcomes=(outcome,),
        original=original,
        hops=hops_of(original) if original else (),
    )


def _unquoted(text: str) -> str:
    """Drop the marks of a reply's quotation, where every line has one. Sendmail's lines have not."""
    if not text.startswith(">"):
        return text
    lines = text.splitlines()
    quoted = all(line.startswith(">") or not line.strip() for line in lines)
    return "\n".join(line[1:].removeprefix(" ") for line in lines) if quoted else text


def _with_generator(outcome: Outcome, generator: str | None) -> Outcome:
    """Where no other server is named, the one that wrote the report refused."""
    nobody_else = outcome.rejected_by is None and outcome.reply_from is None
    return replace(outcome, rejected_by=generator) if nobody_else else outcome


def _original(header: str) -> Original | None:
    fields = header_fields(header.strip())
    return original_of(fields) if fields else None
