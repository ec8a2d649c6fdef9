"""``whybounce read``: bounces from files, folders and mailboxes, each explained."""

from enum import StrEnum
from functools import partial
from pathlib import Path

import typer

from whybounce.cli import language
from whybounce.cli.confirming import CHECK_HELP, RESOLVER_HELP, live
from whybounce.cli.refusal import Refusal
from whybounce.notation.verp import VerpPattern

_WITHOUT_END = ("page", "json", "suppress", "suppress-json")
_WHAT = "What to make of them (else: a page for each)"
_HOW = "How"
_EXAMPLE = "whybounce read bounce.eml"


class TableFormat(StrEnum):
    """The tables that ``--format`` writes."""

    CSV = "csv"
    PARQUET = "parquet"


def read(
    paths: list[str] = typer.Argument(  # noqa: B008  # typer's way
        None,
        metavar="PATH",
        help="Mails, mboxes, Maildirs, Outlook's .msg, .zip and .gz of them, folders of all these."
        " - is standard input.",
    ),
    json: bool = typer.Option(
        False,
        "--json",
        help="One JSON object a mail, and nothing else.",
        rich_help_panel=_WHAT,
    ),
    format_: TableFormat | None = typer.Option(  # noqa: B008  # typer's way
        None,
        "--format",
        help="A table with one row a recipient.",
        rich_help_panel=_WHAT,
    ),
    summary: bool = typer.Option(
        False,
        "--summary",
        help="How many, by cause, by who must act, by domain.",
        rich_help_panel=_WHAT,
    ),
    suppress: bool = typer.Option(
        False,
        "--suppress",
        help="The addresses to stop mailing, and why.",
        rich_help_panel=_WHAT,
    ),
    output: str | None = typer.Option(
        None,
        "--output",
        "-o",
        metavar="FILE",
        help="Write there; the file appears when it is whole.",
        rich_help_panel=_HOW,
    ),
    jobs: int = typer.Option(
        1,
        "--jobs",
        "-j",
        min=1,
        max=256,
        metavar="N",
        help="That many processes read; the output stays in order.",
        rich_help_panel=_HOW,
    ),
    verp: str | None = typer.Option(
        None,
        "--verp",
        metavar="PATTERN",
        help="How you write recipients into sender addresses, if in none of the usual ways:"
        " *-{local}={domain}@*",
        rich_help_panel=_HOW,
    ),
    watch: Path | None = typer.Option(  # noqa: B008  # typer's way
        None,
        "--watch",
        metavar="MAILDIR",
        help="Read what arrives there, each mail once.",
        rich_help_panel=_HOW,
    ),
    state: Path | None = typer.Option(  # noqa: B008  # typer's way
        None,
        "--state",
        metavar="FILE",
        help="Where --watch remembers what it has read, if not below ~/.local/state.",
        rich_help_panel=_HOW,
    ),
    check: bool = typer.Option(False, "--check", help=CHECK_HELP, rich_help_panel=_HOW),
    resolver: str = typer.Option(
        None, "--resolver", metavar="IP[:PORT]", help=RESOLVER_HELP, rich_help_panel=_HOW
    ),
    connect: bool = typer.Option(
        True,
        "--connect/--no-connect",
        help="Whether --check looks at mail servers, too.",
        rich_help_panel=_HOW,
    ),
    lang: str = typer.Option("en", "--lang", help=language.HELP),
) -> None:
    """Read bounces: who did not get it, why, who must act, what to do.

    One bounce: whybounce read bounce.eml

    A folder of them, counted: whybounce read --summary Mail/

    A table for a spreadsheet: whybounce read --format csv -o bounces.csv bounces.mbox
    """
    speaker = language.speaker(lang)
    form = _form(json=json, table=format_, summary=summary, suppress=suppress)
    if not paths and watch is None:
        raise Refusal(f"read needs a mail or a folder, for instance: {_EXAMPLE}")
    if watch is not None:
        _refuse_what_needs_an_end(paths, form, output, jobs)
    elif state is not None:
        raise Refusal("--state goes with --watch MAILDIR")
    if form == "parquet" and output is None:
        raise Refusal("--format parquet is nothing for a screen; name a file with --output")
    if form in {"page", "summary"} and output is not None:
        raise Refusal(f"--output needs --json, --suppress or --format {' or '.join(TableFormat)}")
    if output is not None and any(map(partial(_is_same, output), paths or ())):
        raise Refusal(f"--output {output}: is what is to be read; name another file")
    checks = live(check=check, resolver=resolver, connect=connect)
    if check and form not in {"page", "json"}:
        raise Refusal("--check goes with pages and --json: a table has no column for it")
    # Other verbs need none of this.
    from whybounce.cli.answering import Asked  # noqa: PLC0415
    from whybounce.cli.run import Run  # noqa: PLC0415
    from whybounce.cli.watching import Watch  # noqa: PLC0415

    watching = Watch(watch, state) if watch is not None else None
    asked = Asked(form, lang, _verp_pattern(verp) if verp is not None else None, checks)
    raise typer.Exit(
        Run(paths or [], asked, speaker, output=output, jobs=jobs, watch=watching).through()
    )


def _refuse_what_needs_an_end(
    paths: list[str] | None, form: str, output: str | None, jobs: int
) -> None:
    """Refuse what cannot go with --watch, which has no end.

    Raises:
        Refusal: Something of that was given.

    """
    if paths:
        raise Refusal("--watch MAILDIR stands alone; read other mails in a run of their own")
    if output is not None or form not in _WITHOUT_END:
        raise Refusal("--watch goes with --json and --suppress; write on with >> FILE")
    if jobs > 1:
        raise Refusal("--watch reads one mail after the other; leave --jobs away")


def _is_same(output: str, path: str) -> bool:
    try:
        return Path(output).is_file() and Path(output).samefile(path)
    except OSError:
        return False  # One of them does not exist, or cannot be looked at.


def _verp_pattern(written: str) -> VerpPattern:
    try:
        return VerpPattern.parse(written)
    except ValueError as error:
        raise Refusal(
            f"--verp {written}: {error}; write for instance list-bounces+{{local}}={{domain}}@*"
        ) from None


def _form(*, json: bool, table: TableFormat | None, summary: bool, suppress: bool) -> str:
    """Return the form that the options name together.

    Raises:
        Refusal: They name two.

    """
    named = {
        f"--format {table}": table is not None,
        "--summary": summary,
        "--suppress": suppress,
    }
    chosen = [option for option, given in named.items() if given]
    if len(chosen) > 1 or (json and table):
        both = [*chosen, "--json"] if json and table else chosen
        raise Refusal(f"{' and '.join(both)} are two answers; choose one")
    if table is not None:
        return table.value
    subject = "summary" if summary else "suppress" if suppress else None
    if subject is None:
        return "json" if json else "page"
    return f"{subject}-json" if json else subject
