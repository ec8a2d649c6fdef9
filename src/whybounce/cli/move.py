"""``whybounce queue move``: from SQLite to PostgreSQL, or back."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from whybounce.cli.json_line import print_json
from whybounce.cli.operating import CONFIG, DATA, configuration
from whybounce.cli.refusal import Refusal

if TYPE_CHECKING:
    from whybounce.gateway.config import Queue
    from whybounce.gateway.store.moving import Moved


def move(
    to: str = typer.Option(..., "--to", help="An empty database, or a folder without a queue."),
    from_: str | None = typer.Option(
        None, "--from", help="The queue that moves; else that of the configuration."
    ),
    json: bool = typer.Option(False, "--json", help="One JSON object, nothing else."),
    config: Path | None = CONFIG,
    data: Path | None = DATA,
) -> None:
    """Move the queue into another database, all of it or nothing. Stop the gateway first.

    Example: whybounce queue move --from /var/lib/whybounce --to postgresql://whybounce@db/whybounce
    """
    settings = configuration(config, data)
    old = settings.server.queue if from_ is None else _named("--from", from_)
    new = _named("--to", to)
    if old.file is not None and not old.file.exists():
        raise Refusal(f"there is no queue at {old.file}; name the one that moves by --from")
    moved = _moved(old, new)
    if json:
        from whybounce.wire import SCHEMA  # noqa: PLC0415

        told = {"rows": moved.rows, "octets": moved.octets, "damaged": moved.damaged}
        print_json({"schema": SCHEMA, **told})
        return
    _print(moved, old, new)


def _named(option: str, name: str) -> "Queue":
    from whybounce.gateway.config import Queue  # noqa: PLC0415  # heavy

    try:
        queue: Queue = Queue.named(name, Path.cwd())
    except ValueError as error:
        # It may hold a password: only its beginning is said.
        kind = name.partition("//")[0]
        raise Refusal(f"{option} {kind}…: takes {Queue.WANTED}") from error
    return queue


def _moved(old: "Queue", new: "Queue") -> "Moved":
    import secrets  # noqa: PLC0415  # only here
    from datetime import UTC, datetime  # noqa: PLC0415

    from whybounce.gateway.store import StoreError  # noqa: PLC0415  # heavy
    from whybounce.gateway.store.moving import move  # noqa: PLC0415

    try:
        return move(old, new, now=datetime.now(UTC), random_bits=secrets.randbits)
    except StoreError as error:
        raise Refusal(f"{error}. Nothing was moved") from error


def _print(moved: "Moved", old: "Queue", new: "Queue") -> None:
    from sqlalchemy import make_url  # noqa: PLC0415  # heavy

    for table, rows in moved.rows.items():
        if rows:
            typer.echo(f"{rows:>12,} {table.replace('_', ' ')}")
    for id_ in moved.damaged:
        typer.echo(f"whybounce: the body of message {id_} was damaged, and is", err=True)
    typer.echo(f"Moved to {make_url(new).render_as_string()}.")
    left = old.file or make_url(old).render_as_string()
    typer.echo(f"Name it as `queue` in [server] and start the gateway. {left} is used no more.")
