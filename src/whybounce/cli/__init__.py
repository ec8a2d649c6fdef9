"""The command line: one file per verb, and one way out for every error.

Exit codes: 0 all answered; 1 something not explained; 2 usage or unreadable input; 70 our own
fault, with a trace id and no traceback. ``--json`` puts JSON Lines on stdout and nothing else.
"""

import errno
import os
import sys
from io import TextIOWrapper
from typing import NoReturn
from uuid import uuid4

import typer

from whybounce.catalogue import CatalogueError
from whybounce.cli.refusal import Refusal
from whybounce.cli.verbs import Verbs

_OUR_FAULT = 70  # EX_SOFTWARE of sysexits.h.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

app = typer.Typer(
    cls=Verbs,
    help="Why was my mail not delivered, who must act, and how.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    suggest_commands=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    if version:
        import whybounce  # noqa: PLC0415  # heavy imports happen where they are needed

        typer.echo(f"whybounce {whybounce.__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line; leave with an exit code, never with a traceback."""
    for name, mode in (("stdin", "r"), ("stdout", "w")):
        if getattr(sys, name) is None:  # Closed before we began, as by ``<&-``.
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115  # open to the end
    for stream in (sys.stdout, sys.stderr):  # Some terminals lack some letters.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except Refusal as refusal:
        typer.echo(f"whybounce: {refusal}", err=True)
        sys.exit(2)
    except CatalogueError as error:
        typer.echo(f"whybounce: the catalogue cannot be used: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        _leave_the_reader()
    except SystemExit as leaving:
        if isinstance(leaving.__context__, BrokenPipeError):  # Typer makes a failure of it.
            _leave_the_reader()
        raise
    except OSError as error:
        if error.errno not in _NO_ROOM or error.filename is not None:  # Else of standard output.
            _say_it_is_our_fault(error)
        typer.echo(f"whybounce: the output cannot be written: {error.strerror}", err=True)
        sys.exit(2)
    except Exception as error:  # noqa: BLE001  # the last line of defence before a person
        _say_it_is_our_fault(error)


def _say_it_is_our_fault(error: Exception) -> NoReturn:
    trace_id = uuid4().hex[:12]
    typer.echo(
        f"whybounce: something went wrong that is our fault, not yours "
        f"({type(error).__name__}; trace id {trace_id}). "
        f"Please report it with the command you ran.",
        err=True,
    )
    sys.exit(_OUR_FAULT)


def _leave_the_reader() -> NoReturn:
    """End well: who read the output went away (head, less), and had what was wanted."""
    sys.stderr.close()
    sys.exit(0)
