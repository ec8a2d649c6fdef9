"""``whybounce blocks``: who is banned, listed or restricted, and how that ends."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from whybounce.cli.json_line import print_json
from whybounce.cli.operating import CONFIG, DATA, answered, configuration, reached
from whybounce.cli.typed import minute, span

if TYPE_CHECKING:
    from whybounce.wire.blocks import BlockEntry

_NOTHING_DONE = 1

app = typer.Typer(help="See who is blocked; block, and lift it.", no_args_is_help=True)

_JSON = typer.Option(False, "--json", help="One JSON object per block, nothing else.")
_WHY = typer.Option("", "--why", help="A reason; it stands in the events.")


@app.command("list")
def list_(
    kind: str = typer.Option(None, "--kind", help="Only ip, sender, account, organisation …"),
    json: bool = _JSON,
    config: Path | None = CONFIG,
    data: Path | None = DATA,
) -> None:
    """Show who is blocked or restricted now, oldest first: why, by whom, and until when.

    Example: whybounce blocks list --kind ip
    """
    from whybounce.gateway.operating.requests import Blocks, ListBlocks  # noqa: PLC0415  # heavy

    blocks = answered(ListBlocks(), Blocks, config, data).blocks
    found = [each for each in blocks if kind in {None, each.kind}]
    _print_all(found, json=json)
    if not found and not json:
        typer.echo("Nobody is blocked.")


@app.command()
def add(
    kind: str = typer.Argument(..., help="Whom: ip, sender, account, organisation or recipient."),
    subject: str = typer.Argument(
        ..., help="An address, a network, a domain as @example.org, or a name."
    ),
    cause: str = typer.Option("", "--cause", help="What they are told, by a cause's id."),
    why: str = _WHY,
    lasts: str | None = typer.Option(
        None, "--for", help="How long: 30m, 12h, 7d. Else until lifted."
    ),
    json: bool = _JSON,
    config: Path | None = CONFIG,
    data: Path | None = DATA,
) -> None:
    """Block somebody. One who is blocked for that cause already is blocked for the new time.

    Example: whybounce blocks add ip 192.0.2.0/24 --cause banned-sending-ip --why "spam: 9 of 10"
    """
    from whybounce.gateway.operating.requests import AddBlock, Blocks  # noqa: PLC0415  # heavy

    block = AddBlock(
        kind=kind,
        subject=subject,
        cause=cause,
        reason=why,
        seconds=None if lasts is None else span("--for", lasts),
    )
    _print_all(answered(block, Blocks, config, data).blocks, json=json)


@app.command()
def lift(
    wanted: str = typer.Argument(..., metavar="ID|SUBJECT", help="A block's id, or whom it names."),
    why: str = _WHY,
    json: bool = _JSON,
    config: Path | None = CONFIG,
    data: Path | None = DATA,
) -> None:
    """Lift a block, or all that name the subject. What led to a restriction is forgotten.

    Example: whybounce blocks lift 192.0.2.9 --why "they cleaned up"
    """
    from whybounce.gateway.operating.requests import Blocks, LiftBlock, ListBlocks  # noqa: PLC0415  # heavy

    with reached(configuration(config, data)) as ask:
        lifted = ask(LiftBlock(wanted=wanted, why=why), Blocks).blocks
        around = "" if lifted else _around(wanted, ask(ListBlocks(), Blocks).blocks)
    _print_all(lifted, json=json)
    if not lifted:
        if not json:
            typer.echo(f"whybounce: nobody is blocked as {wanted}{around}", err=True)
        raise typer.Exit(_NOTHING_DONE)


@app.command("request")
def request(
    ip: str = typer.Argument(..., metavar="IP", help="The server's address."),
    address: str = typer.Argument(..., help="Who asks; a mail to confirm it by is sent there."),
    json: bool = _JSON,
    config: Path | None = CONFIG,
    data: Path | None = DATA,
) -> None:
    """Ask for removal from the block list, for somebody who is on it.

    Example: whybounce blocks request 192.0.2.9 postmaster@example.net
    """
    from whybounce.gateway.operating.requests import Blocks, RequestRemoval  # noqa: PLC0415  # heavy

    wanted = RequestRemoval(ip=ip, address=address)
    _print_all(answered(wanted, Blocks, config, data).blocks, json=json)
    if not json:
        typer.echo(f"A mail went to {address}; the block stands until it is confirmed by that.")


@app.command("confirm")
def confirm(
    written: str = typer.Argument(..., metavar="TEXT", help="What stood in the mail."),
    json: bool = _JSON,
    config: Path | None = CONFIG,
    data: Path | None = DATA,
) -> None:
    """Take a server off the block list, by what stood in the mail that was sent.

    Example: whybounce blocks confirm eyJzdWJqZWN0Ijo…
    """
    from whybounce.gateway.operating.requests import Blocks, ConfirmRemoval  # noqa: PLC0415  # heavy

    wanted = ConfirmRemoval(written=written.rpartition("=")[2])  # The whole link will do.
    _print_all(answered(wanted, Blocks, config, data).blocks, json=json)


def _around(wanted: str, blocks: "tuple[BlockEntry, ...]") -> str:
    """Return a hint at the networks that are blocked and hold the address."""
    try:
        address = ip_address(wanted.strip())
    except ValueError:
        return ""
    networks = [each.subject for each in blocks if each.kind == "ip"]
    holding = [each for each in networks if address in ip_network(each)]
    return f"; it is in {' and '.join(holding)}, which can be lifted" if holding else ""


def _print_all(blocks: "Iterable[BlockEntry]", *, json: bool) -> None:
    for each in blocks:
        _print(each, json=json)


def _print(block: "BlockEntry", *, json: bool) -> None:
    if json:
        print_json(block)
        return
    if block.lifted is not None:
        end = f"lifted by {block.lifted_by}"
    else:
        end = "until it is lifted" if block.until is None else f"until {minute(block.until)}"
    typer.echo(f"{block.id}  {block.kind} {block.subject}  {block.cause}  {end}")
    why = f": {block.reason}" if block.reason else ""
    typer.echo(f"  since {minute(block.added)} by {block.added_by}{why}")
