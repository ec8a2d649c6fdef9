"""How many messages a second the gateway takes, each of them durable before it is answered 250.

    python benchmarks/accept.py [--messages 3000] [--rounds 5] [--postgresql [URL]] [--folder F]

The load is Postfix's smtp-source: 20 sessions that stay open, messages of 1 KB
and 20 KB, without TLS. The peer is
Postfix itself with its discard transport, as Debian configures it and with ``in_flow_delay = 0``; the
faster of the two counts. Ours is ``whybounce serve`` as a process of its own, once with every policy off
and once with all as they usually are, asking a DNS on this machine that knows the sender's SPF record.
The last rows are of mail that is signed with RSA of 2,048 bits, its key in the cache, from a domain with
``p=reject``. All mail is for a domain behind a server that says nothing: it is leased and given back, and stays. All
are measured in turn in every round, and the medians count. On a busy machine one process gets a smaller
share of it than Postfix's thirty: there the processor time of each message, all processes together, says
more than the clock.

``--postgresql`` measures a queue there too: on a server of its own, made for it (Debian's package
postgresql), whose processor time is counted with the gateway's; or in the empty database that is named,
which is filled. Needs Debian's package postfix, and root to run it.
"""

import argparse
import asyncio
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import processor
from ports import free_port
from postfix import postfix_folder, wait_for
from postgresql import PostgreSQL, postgresql_running
from signing import pair, signed
from whybounce.gateway.policies import POLICIES
from whybounce.provoking.name_server import NameServer, Records

SESSIONS = 20
OWN = "own"  # A server for the while.
SIZES = {"1 KB": ("-l", "1000"), "20 KB": ("-l", "20000")}
SENDER, RECIPIENT = "a@b.example", "c@d.example"
CLI = str(Path(sys.executable).with_name("whybounce"))

_CONFIG = """
[server]
name = "mail.d.example"
queue = "{queue}"
mailboxes = "mailboxes"
drain = "1s"

[[listener]]
name = "inbound"
addresses = ["127.0.0.1:{port}"]
connections-per-address = 100

[outbound]
resolver = "127.0.0.1:{dns}"
smarthost = "127.0.0.1:{silent}"

[directory]
file = "directory.toml"

[policies]
{policies}
"""
_DIRECTORY = """
[[organisation]]
name = "D"

[[organisation.domain]]
name = "d.example"
kind = "external-relay"
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--postgresql",
        metavar="URL",
        nargs="?",
        const=OWN,
        help="an empty database, not one of its own",
    )
    parser.add_argument("--folder", type=Path, help="on the disk that is to be measured")
    given = parser.parse_args()
    with ExitStack() as left:
        servers = _servers(left, given.postgresql, given.folder)
        folder = Path(left.enter_context(tempfile.TemporaryDirectory()))
        for size, options in (SIZES | {"signed": ("-F", str(_signed(folder)))}).items():
            measured = {name: Measured() for name in servers}
            for _ in range(given.rounds):
                for name, server in servers.items():
                    _measure(server, options, given.messages, measured[name])
            _print(size, measured)


@dataclass(frozen=True)
class Server:
    """What is measured."""

    port: int
    pids: tuple[int, ...]


@dataclass(frozen=True)
class Measured:
    """What came of each round."""

    rates: list[float] = field(default_factory=list)  # Messages a second.
    processor: list[float] = field(default_factory=list)  # Microseconds a message.

    @property
    def rate(self) -> float:
        """The median."""
        return statistics.median(self.rates)

    @property
    def cost(self) -> float:
        """The median."""
        return statistics.median(self.processor)


def _print(size: str, measured: dict[str, Measured]) -> None:
    peer = max(
        (each for name, each in measured.items() if name.startswith("Postfix")),
        key=lambda each: each.rate,
    )
    for name, each in measured.items():
        spread = f"[{min(each.rates):.0f}-{max(each.rates):.0f}]"
        print(
            f"{size:>6}  {name:<34}{each.rate:>7.0f}/s {spread:<12}{each.rate / peer.rate:>6.2f} x"
            f"   processor {each.cost:>5.0f} us/message, {peer.cost / each.cost:.2f} x less"
        )
    print(f"        load {' '.join(f'{each:.1f}' for each in os.getloadavg())}", flush=True)


def _servers(left: ExitStack, postgresql: str | None, folder: Path | None) -> dict[str, Server]:
    """Start what is measured."""
    taking = {"smtpd_recipient_restrictions": "permit", "default_transport": "discard:"}
    servers = {}
    for name, more in {"Postfix": {}, "Postfix, in_flow_delay=0": {"in_flow_delay": "0"}}.items():
        at, port = left.enter_context(postfix_folder(**taking, **more))
        servers[name] = Server(port, (int((at / "spool/pid/master.pid").read_text()),))
    dns = left.enter_context(name_server())
    silent = left.enter_context(says_nothing())
    off = "\n".join(f'{policy.name} = "off"' for policy in POLICIES)
    own = left.enter_context(_postgresql(folder)) if postgresql == OWN else None
    for queue in ["SQLite", *(["PostgreSQL"] if postgresql else [])]:
        for what, policies in {"no policies": off, "usual policies": ""}.items():
            kept = Path(left.enter_context(tempfile.TemporaryDirectory(dir=folder)))
            port = free_port()
            url = "data"
            if queue == "PostgreSQL":
                url = own.make() if own else postgresql
            file = kept / "whybounce.toml"
            file.write_text(
                _CONFIG.format(queue=url, port=port, dns=dns, silent=silent, policies=policies),
                encoding="utf-8",
            )
            (kept / "directory.toml").write_text(_DIRECTORY, encoding="utf-8")
            pid = left.enter_context(_serving(file, port))
            database = (own.pid,) if own and queue == "PostgreSQL" else ()
            servers[f"whybounce, {queue}, {what}"] = Server(port, (pid, *database))
    return servers


@contextmanager
def _postgresql(folder: Path | None) -> Iterator[PostgreSQL]:
    with (
        tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as name,
        postgresql_running(name) as server,
    ):
        yield server


@contextmanager
def _serving(config: Path, port: int) -> Iterator[int]:
    with subprocess.Popen(  # noqa: S603  # our own words
        [CLI, "serve", "--config", str(config)], stdout=subprocess.DEVNULL
    ) as process:
        try:
            wait_for(port)
            yield process.pid
        finally:
            process.terminate()


def _signed(folder: Path) -> Path:
    """Return a file with a signed message of 1 KB, as smtp-source wants it."""
    header = f"From: {SENDER}\r\nTo: {RECIPIENT}\r\nSubject: Minutes\r\n"
    mail = f"{header}Message-ID: <1@b.example>\r\n\r\n" + f"{'x' * 78}\r\n" * 10
    file = folder / "signed.eml"
    octets = signed(mail.encode(), domain="b.example", bits=2048)
    file.write_bytes(octets.replace(b"\r\n", b"\n"))
    return file


def _measure(server: Server, what: tuple[str, str], messages: int, measured: Measured) -> None:
    """Add what smtp-source got rid of in a second, and what a message cost the server."""
    # -d: the sessions stay open, as those of a busy server do.
    options = ("-d", "-s", SESSIONS, "-m", messages, *what, "-f", SENDER, "-t", RECIPIENT)
    command = ["/usr/sbin/smtp-source", *map(str, options), f"127.0.0.1:{server.port}"]
    before, start = sum(map(processor.seconds, server.pids)), perf_counter()
    subprocess.run(command, check=True)  # noqa: S603  # our own words
    measured.rates.append(messages / (perf_counter() - start))
    spent = sum(map(processor.seconds, server.pids)) - before
    measured.processor.append(spent / messages * 1e6)


@contextmanager
def says_nothing() -> Iterator[int]:
    """Take connections at a port, and say nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


@contextmanager
def name_server() -> Iterator[int]:
    """Run a DNS in another process; yield its port."""
    near, far = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_in_loop, args=(far, pair(2048).record))
    process.start()
    try:
        yield near.recv()
    finally:
        process.terminate()
        process.join()


def _in_loop(far: Connection, key: str) -> None:
    asyncio.run(_name_server(far, key))


async def _name_server(far: Connection, key: str) -> None:
    records = Records()
    records.add("s1._domainkey.b.example", "TXT", f'"{key[:200]}" "{key[200:]}"')
    records.add("_dmarc.b.example", "TXT", '"v=DMARC1; p=reject"')
    records.add("b.example", "TXT", '"v=spf1 ip4:127.0.0.0/8 -all"')
    server = NameServer(records)
    await server.start()
    far.send(server.port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    main()
