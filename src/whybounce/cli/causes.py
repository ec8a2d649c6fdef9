"""``whybounce causes``: the catalogue, searched by code, word, owner or system."""

from collections.abc import Iterable
from difflib import get_close_matches

import typer

import whybounce
from whybounce.catalogue import catalogue
from whybounce.cli import language
from whybounce.cli.json_line import print_json
from whybounce.cli.refusal import Refusal
from whybounce.explaining import search_causes
from whybounce.vocabulary.cause import Cause
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.wire import cause_as_dict
from whybounce.wording import Speaker

_NOTHING_FOUND = 1


def causes(
    search: list[str] = typer.Argument(  # noqa: B008  # typer's way
        None, help="A code, words, or a cause's id. Without it: all."
    ),
    owner: str = typer.Option(None, "--owner", help="Only causes that this role must mend."),
    system: str = typer.Option(None, "--system", help="Only causes that this mail system names."),
    json: bool = typer.Option(False, "--json", help="One JSON object per cause, and nothing else."),
    lang: str = typer.Option("en", "--lang", help=language.HELP),
) -> None:
    """List the causes there are, or find one by code, word, id, owner or mail system.

    Example: whybounce causes 5.7.606
    """
    speaker = language.speaker(lang)
    wanted = " ".join(search or []).strip()
    found = search_causes(catalogue(), wanted)
    if owner is not None:
        role = _role(owner)
        found = [cause for cause in found if cause.owner is role]
    if system is not None:
        named = _named_by(system)
        found = [cause for cause in found if cause.id in named]
    if json:
        for cause in found:
            print_json(cause_as_dict(cause, catalogue(), speaker))
    elif found:
        _print(found, speaker, whole=len(found) == 1 and bool(wanted))
    if not found:
        typer.echo(f"whybounce: no cause found for {wanted!r}{_suggestion(wanted)}", err=True)
        raise typer.Exit(_NOTHING_FOUND)


def _role(owner: str) -> FixItOwner:
    try:
        return FixItOwner(owner)
    except ValueError:
        raise Refusal(f"--owner {owner}: takes one of {', '.join(FixItOwner)}") from None


def _named_by(system: str) -> set[str]:
    """Return the causes that rules of the system lead to."""
    systems = sorted({rule.system for rule in catalogue().rules})
    named = [name for name in systems if system.casefold() in name.casefold()]
    if not named:
        near = get_close_matches(system, systems, n=3)
        hint = (
            f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(systems)}"
        )
        raise Refusal(f"--system {system}: no such mail system{hint}")
    return {rule.cause for rule in catalogue().rules if rule.system in named}


def _suggestion(wanted: str) -> str:
    near = get_close_matches(wanted, whybounce.causes(), n=3)
    return f"; did you mean {' or '.join(near)}?" if near else "; try fewer words"


def _print(found: Iterable[Cause], speaker: Speaker, *, whole: bool) -> None:
    from whybounce.cli.page import console, print_cause, print_entry  # noqa: PLC0415  # rich is 40 ms

    page = console()
    if whole:
        for cause in found:
            print_cause(cause, speaker, page)
        return
    for cause in found:
        print_entry(cause, speaker, page)
