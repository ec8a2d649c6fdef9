"""The catalogue as pages: all causes or some, one cause, one code. They change with the catalogue only."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import msgspec

import whybounce
from whybounce.catalogue import catalogue
from whybounce.explaining import mistyped_code, search_causes
from whybounce.vocabulary.cause import Cause, Suppress
from whybounce.vocabulary.explanation import Confidence, Explanation
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.status_code import StatusCode
from whybounce.web.cards import Card, capital, card, cells
from whybounce.web.checks import way_of
from whybounce.web.problems import ProblemError
from whybounce.web.site import Site, speaker
from whybounce.wire import cause_as_dict, explanation_as_dict
from whybounce.wording import Speaker
from whybounce.wording.passages import passages

_RANGE = re.compile(r"([245]\.\d{1,3}\.\d{1,3})-(\d{1,3})")
_REPLY_CODE = re.compile(r"[2-5]\d\d")


@dataclass(frozen=True, slots=True)
class Row:
    """A cause in a list."""

    id: str
    title: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Causes that the same role must mend."""

    owner: FixItOwner
    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What systems say when they mean a cause."""

    system: str
    replies: tuple[str, ...]


def causes_page(site: Site, wanted: str, owner: FixItOwner | None) -> bytes:
    """Return the list: everything, or what was searched for, by who must act."""
    return _all(site, owner) if not wanted else _listed(site, wanted, owner)


@lru_cache(maxsize=16)
def _all(site: Site, owner: FixItOwner | None) -> bytes:
    return _listed(site, "", owner)


def _listed(site: Site, wanted: str, owner: FixItOwner | None) -> bytes:
    found = search_causes(catalogue(), wanted)
    counts = Counter(cause.owner for cause in found)
    groups = [
        _group(role, [cause for cause in found if cause.owner is role])
        for role in FixItOwner
        if counts[role] and owner in {None, role}
    ]
    roles = [
        (role, capital(speaker().role(role)), counts[role]) for role in FixItOwner if counts[role]
    ]
    return site.render(
        "causes.html", at="/causes", wanted=wanted, owner=owner, groups=groups, roles=roles,
        count=sum(len(group.rows) for group in groups), is_code=StatusCode.parse(wanted) is not None,
    )  # fmt: skip


def _group(role: FixItOwner, causes: list[Cause]) -> Group:
    heading = speaker().page("must-act.cause", owner=speaker().role(role))
    rows = (Row(cause.id, cause.words.title, tuple(map(str, cause.codes))) for cause in causes)
    return Group(role, capital(heading), tuple(rows))


@lru_cache(maxsize=512)  # There are some two hundred.
def cause_page(site: Site, id_: str) -> bytes:
    """Return the page of one cause."""
    cause, known, say = catalogue().causes[id_], catalogue(), speaker()
    rules = [rule for rule in known.rules if rule.cause == id_]
    overloaded = [
        collision
        for collision in known.collisions
        if any(reading.cause == id_ for reading in collision.readings)
    ]
    return site.render(
        "cause.html",
        at="/causes",
        cause=cause,
        title=cause.words.title,
        what=passages(say.prose(cause.words.what)),
        owner=say.role(cause.owner),
        helpers=say.helpers(cause.helpers) or "",
        cells=cells(cause.owner, cause.helpers, say),
        checks=way_of(cause),
        again=_again(cause),
        suppress=say.page(f"suppress.{'yes' if cause.suppress is Suppress.ADDRESS else 'no'}"),
        advice=[
            (steps.heading, [passages(sentence) for sentence in steps.sentences])
            for steps in say.steps(id_, cause.owner)
        ],
        tell=say.prose(cause.words.tell).replace("`", ""),
        systems=[
            Said(
                system,
                tuple(" ".join(rule.seen[0].split()) for rule in rules if rule.system == system),
            )
            for system in dict.fromkeys(rule.system for rule in rules)
        ],
        overloaded=[str(collision.code) for collision in overloaded],
    )


@lru_cache(maxsize=2048)
def code_page(site: Site, written: str) -> bytes:
    """Return what a code means; of one with several meanings all, and what decides.

    Raises:
        ProblemError: It is no code.

    """
    explanation = explained_code(written)
    shown: Card = card(explanation, speaker())
    name = speaker().registered(explanation.status) if explanation.status else None
    return site.render(
        "code.html", at="/causes", code=written, card=shown, name=name,
        likeliest=catalogue().causes[explanation.cause].words.title,
        likeliest_who=capital(speaker().role(explanation.owner)),
    )  # fmt: skip


@lru_cache(maxsize=4096)  # Each in nine languages: all of them are asked for at once.
def cause_json(id_: str, told_by: Speaker) -> bytes:
    """Return one cause as JSON."""
    return msgspec.json.encode(cause_as_dict(catalogue().causes[id_], catalogue(), told_by))


def code_json(written: str) -> bytes:
    """Return the code's explanation as JSON.

    Raises:
        ProblemError: It is no code.

    """
    shape = explanation_as_dict(explained_code(written), catalogue(), speaker(), written)
    return msgspec.json.encode(shape)


def explained_code(written: str) -> Explanation:
    """Return the explanation of a status code, a range of them that a cause claims, or a reply code.

    Raises:
        ProblemError: It is none of these.

    """
    match = _RANGE.fullmatch(written)
    if match and any(
        written == str(codes) for cause in catalogue().causes.values() for codes in cause.codes
    ):
        return whybounce.explain(match[1])
    if StatusCode.parse(written) or _REPLY_CODE.fullmatch(written):
        explanation = whybounce.explain(written)
        if explanation.confidence is not Confidence.UNKNOWN:
            return explanation
    near = mistyped_code(catalogue(), written) or ()
    raise ProblemError("no-such-code", {"code": written[:80]}, near)


def _again(cause: Cause) -> tuple[tuple[str | None, str], ...]:
    """Return whether sending again helps: once, or for each class where that differs."""
    say = speaker()
    temporary, final = say.again(cause.again[4]), say.again(cause.again[5])
    if temporary == final:
        return ((None, final),)
    return ((say.page("while.temporary"), temporary), (say.page("while.permanent"), final))
