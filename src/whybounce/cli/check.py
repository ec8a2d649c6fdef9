"""``whybounce check``: what the DNS and the mail servers say about a domain or an address, live."""

import asyncio
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import typer

import whybounce
from whybounce.cli import language
from whybounce.cli.json_line import print_json
from whybounce.cli.refusal import Refusal
from whybounce.cli.rehearsal import Wanted, rehearse
from whybounce.cli.waiting import Waiting
from whybounce.vocabulary.finding import Answer, Finding
from whybounce.wire import finding_as_dict

if TYPE_CHECKING:
    from whybounce.checking.lookups import Resolver
    from whybounce.checking.mail_servers import Reach

_NOT_IN_ORDER = 1
_GATEWAY = "What our gateway would say"
_DNS = 53


def check(
    targets: list[str] = typer.Argument(  # noqa: B008  # typer's way
        None, metavar="DOMAIN|ADDRESS|IP...", help="A domain, an e-mail address, an IP address."
    ),
    selector: list[str] = typer.Option(  # noqa: B008  # typer's way
        [],
        "--selector",
        help="A DKIM selector to look for, instead of common ones. May be given again.",
    ),
    block_list: list[str] = typer.Option(  # noqa: B008  # typer's way
        [], "--block-list", help="The zone of a DNS block list to ask. May be given again."
    ),
    resolver: str = typer.Option(
        None, "--resolver", metavar="IP[:PORT]", help="Whom to ask. Else whom this machine asks."
    ),
    seconds: float = typer.Option(30.0, "--seconds", min=1, help="How long each may take."),
    connect: bool = typer.Option(
        True, "--connect/--no-connect", help="Look at the mail servers too, or ask the DNS alone."
    ),
    port: int = typer.Option(25, "--port", min=1, max=65535, help="Where mail servers listen."),
    private: bool = typer.Option(
        False, "--private", help="Connect to addresses of inner networks too."
    ),
    dry_run: bool = typer.Option(
        False,
        "--dry-run",
        help="Ask our gateway what it would say to a message; none is sent.",
        rich_help_panel=_GATEWAY,
    ),
    sender: str = typer.Option(
        "",
        "--from",
        metavar="ADDRESS",
        help="Its return path; else the null one.",
        rich_help_panel=_GATEWAY,
    ),
    recipient: str = typer.Option(
        None, "--to", metavar="ADDRESS", help="Whom it is to.", rich_help_panel=_GATEWAY
    ),
    ip: str = typer.Option(
        None,
        "--ip",
        metavar="IP",
        help="The client's address. Of a domain: may it send for that?",
        rich_help_panel=_GATEWAY,
    ),
    helo: str = typer.Option(
        "", "--helo", metavar="NAME", help="What the client calls itself.", rich_help_panel=_GATEWAY
    ),
    account: str = typer.Option(
        "",
        "--account",
        metavar="ACCOUNT",
        help="Who is signed in; else nobody.",
        rich_help_panel=_GATEWAY,
    ),
    author: str = typer.Option(
        "",
        "--author",
        metavar="ADDRESS",
        help="The address in From; else the return path.",
        rich_help_panel=_GATEWAY,
    ),
    size: int = typer.Option(
        None, "--size", min=0, metavar="OCTETS", help="How large it is.", rich_help_panel=_GATEWAY
    ),
    probe: bool = typer.Option(
        False,
        "--probe",
        help="Connect to the recipient's own server, and ask whether it takes the address.",
        rich_help_panel=_GATEWAY,
    ),
    config: Path | None = typer.Option(  # noqa: B008  # typer's way
        None, "--config", help="The gateway's configuration.", rich_help_panel=_GATEWAY
    ),
    data: Path | None = typer.Option(  # noqa: B008  # likewise
        None,
        "--data",
        help="The demonstration's folder, as `serve` names it.",
        rich_help_panel=_GATEWAY,
    ),
    json: bool = typer.Option(False, "--json", help="One JSON object per finding, nothing else."),
    lang: str = typer.Option("en", "--lang", help=language.HELP),
) -> None:
    """Check live whether a domain or an address is in order for mail, and what mends it.

    Asks the DNS, and connects to the domain's mail servers and its MTA-STS host; no mail is sent.

    Exits with 1 where something is not in order or could not be found out.

    One domain: whybounce check contoso.com --selector selector1

    What our own gateway would say: whybounce check --dry-run --from A --to B --ip X
    """
    speaker = language.speaker(lang)
    if dry_run:
        wanted = Wanted(sender, recipient, ip, helo, account, author, size, probe)
        rehearse(wanted, config, data, speaker, json=json)
        return
    if not targets:
        raise Refusal(
            "check needs a domain or an address, for instance: whybounce check contoso.com"
        )
    if recipient or sender or probe or account:
        raise Refusal("--from, --to, --account and --probe go with --dry-run")
    asked = resolver_at(resolver)
    reach = reach_of(port, private=private) if connect else None
    in_order = True
    for number, target in enumerate(targets):
        with Waiting(target, shown=sys.stderr.isatty()) as waiting:
            findings = _findings(
                target, asked, selector, block_list, seconds, reach, waiting, ip or ""
            )
        in_order &= all(map(_is_in_order, findings))
        if json:
            for finding in findings:
                print_json(finding_as_dict(finding, speaker, target))
            continue
        from whybounce.cli.page import console, print_findings  # noqa: PLC0415  # rich is 40 ms

        page = console()
        if number:
            page.rule(style="dim")
        print_findings(target, findings, speaker, page)
    if not in_order:
        raise typer.Exit(_NOT_IN_ORDER)


def _findings(
    target: str,
    resolver: "Resolver",
    selectors: Sequence[str],
    block_lists: Sequence[str],
    seconds: float,
    reach: "Reach | None",
    waiting: Waiting,
    client: str,
) -> tuple[Finding, ...]:
    asking = whybounce.check(
        target,
        resolver=resolver,
        selectors=selectors,
        block_lists=block_lists,
        seconds=seconds,
        reach=reach,
        told=waiting.told,
        client=client,
    )
    try:
        return asyncio.run(asking)
    except ValueError as error:
        raise Refusal(str(error)) from error


def _is_in_order(finding: Finding) -> bool:
    """Say whether it holds; what nobody asked for, or has to have, is no trouble either."""
    return finding.answer is Answer.HOLDS or not finding.counts


def reach_of(port: int = 25, *, private: bool = False) -> "Reach":
    """Return what may be connected to."""
    from whybounce.checking.mail_servers import Reach  # noqa: PLC0415  # cryptography is 60 ms

    return Reach(port=port, allow_private=private)


def resolver_at(written: str | None) -> "Resolver":
    """Return who is asked: whom ``--resolver`` names, else whom this machine asks."""
    try:
        from whybounce.checking.lookups import Resolver  # noqa: PLC0415  # dnspython is 80 ms
    except ImportError as error:
        raise Refusal(
            f"check needs {error.name}, which is not here: pip install 'whybounce[check]'"
        ) from error
    if written is None:
        try:
            return Resolver.of_system()
        except OSError as error:
            raise Refusal(f"{error}; name one with --resolver IP[:PORT]") from error
    address, port = _address_and_port(written)
    return Resolver(address, port)


def _address_and_port(written: str) -> tuple[str, int]:
    """Return them of ``192.0.2.1``, ``192.0.2.1:53``, ``2001:db8::1`` or ``[2001:db8::1]:53``."""
    address, port = written, str(_DNS)
    if written.startswith("["):
        address, _, rest = written[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif written.count(":") == 1:
        address, _, port = written.partition(":")
    try:
        known = str(ip_address(address))
    except ValueError:
        known = ""
    if not known or not port.isdecimal() or not 0 < int(port[:6]) < 65_536:
        raise Refusal(f"--resolver {written!r} is no IP address, with or without a port")
    return known, int(port)
