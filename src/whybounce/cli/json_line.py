"""What ``--json`` prints: one line for each object, on standard output."""

import msgspec
import typer


def print_json(answer: object) -> None:
    """Print one of the shapes of ``wire`` as a line of JSON."""
    typer.echo(msgspec.json.encode(answer))
