"""``whybounce rewrite``: another system's bounce, told as an NDR that people understand."""

import sys
from pathlib import Path

import typer

import whybounce
from whybounce.cli import language, notice, typed
from whybounce.cli.refusal import Refusal
from whybounce.given import without_mark
from whybounce.vocabulary.notice import Style


def rewrite(
    mail: str = typer.Argument("-", help="A mail. - reads it from standard input."),
    by: str = typer.Option(None, "--by", help="The host that rewrites. Else this one."),
    ours: bool = typer.Option(
        False, "--ours", help="It is proven that the original was sent from here: no warning."
    ),
    organisation: str = typer.Option(None, "--organisation", help="Whose mail system rewrites."),
    contact: str = typer.Option(None, "--contact", help="Whom the reader can ask."),
    help_base: str = typer.Option(
        None, "--help-base", help="The link under which /causes/<id> lies."
    ),
    style: str = typer.Option("modern", "--style", help="modern or classic."),
    lang: str = typer.Option(None, "--lang", help="Language. Else the original's; else English."),
    words: str = typer.Option(None, "--words", help=notice.WORDS),
    to: str = typer.Option(None, "--to", help="Whom it goes to. Else whom the bounce went to."),
    from_address: str = typer.Option(
        None, "--from", help="Whom it is from. Else postmaster@ the host that rewrites."
    ),
    preview: str = typer.Option(None, "--preview", help=notice.PREVIEW),
    shown: bool = typer.Option(False, "--open", help=notice.OPEN),
) -> None:
    """Tell another system's bounce as an NDR that people understand. Any other mail passes unchanged.

    Example: whybounce rewrite < bounce.eml > ndr.eml
    """
    language.wanted(lang)
    if mail == "-" and sys.stdin.isatty():
        raise Refusal(
            "rewrite needs a mail, for instance: whybounce rewrite < bounce.eml > ndr.eml"
        )
    given = sys.stdin.buffer.read() if mail == "-" else typed.file("rewrite", mail)
    bounce = without_mark(given)
    try:
        written = whybounce.rewrite(
            bounce,
            by=typed.host("--by", by) if by else notice.this_host(),
            ours=ours,
            style=typed.one_of("--style", style, Style),
            language=lang,
            organisation=organisation,
            contact=contact,
            help_base=typed.link("--help-base", help_base) if help_base else None,
            own_words=Path(words) if words else None,
            from_address=typed.address("--from", from_address) if from_address else None,
            to=typed.address("--to", to) if to else None,
        )
    except whybounce.CatalogueError as error:
        raise Refusal(f"--words {words}: {error}") from error
    notice.give(given if written == bounce else written, preview, shown=shown)
