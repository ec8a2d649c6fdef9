"""How many messages a second the gateway takes, each of them durable before it is answered 250.

    python benchmarks/accept.py [--messages 3000] [--rounds 5] [--postgresql URL] [--folder F]

The load is Postfix's smtp-source: 20 sessions that stay open, messages of 1 KB
and 20 KB, without TLS. The peer is
Postfix itself with its discard transport, as Debian configures it and with ``in_flow_delay = 0``; the
faster of the two counts. Ours is ``whybounce serve`` as a process of its own, once with every policy off
and once with all as they usually are, asking a DNS on this machine that knows the sender's SPF record.
Its mail is for a domain behind a server that says nothing: it is leased and given back, and stays. All
are measured in turn in every round, and the medians count.

``--postgresql`` measures a queue there too: an empty database, which is filled. Needs Debian's package
postfix, and root to run it.
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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from postfix import free_port, postfix, wait_for
from whybounce.gateway.policies import POLICIES
from whybounce.provoking.name_server import NameServer, Records

SESSIONS = 20
SIZES = {"1 KB": 1000, "20 KB": 20_000}
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
    parser.add_argument("--postgresql", metavar="URL", help="an empty database")
    parser.add_argument("--folder", type=Path, help="on the disk that is to be measured")
    given = parser.parse_args()
    with ExitStack() as left:
        servers = _servers(left, given.postgresql, given.folder)
        for size, octets in SIZES.items():
            rates: dict[str, list[float]] = {name: [] for name in servers}
            for _ in range(given.rounds):
                for name, port in servers.items():
                    rates[name].append(_rate(port, octets, given.messages))
            _print(size, rates)


def _print(size: str, rates: dict[str, list[float]]) -> None:
    middle = {name: statistics.median(each) for name, each in rates.items()}
    best = max(rate for name, rate in middle.items() if name.startswith("Postfix"))
    for name, rate in middle.items():
        spread = f"[{min(rates[name]):.0f}-{max(rates[name]):.0f}]"
        print(f"{size:>6}  {name:<36}{rate:>7.0f}/s {spread:<14}{rate / best:>6.2f} x")
    print(f"        load {' '.join(f'{each:.1f}' for each in os.getloadavg())}", flush=True)


def _servers(left: ExitStack, postgresql: str | None, folder: Path | None) -> dict[str, int]:
    """Start what is measured; return the ports by names."""
    taking = {"smtpd_recipient_restrictions": "permit", "default_transport": "discard:"}
    ports = {
        "Postfix": left.enter_context(postfix(**taking)),
        "Postfix, in_flow_delay=0": left.enter_context(postfix(**taking, in_flow_delay="0")),
    }
    dns = left.enter_context(name_server())
    silent = left.enter_context(says_nothing())
    off = "\n".join(f'{policy.name} = "off"' for policy in POLICIES)
    queues = {"SQLite": "data"} | ({"PostgreSQL": postgresql} if postgresql else {})
    for queue, url in queues.items():
        for what, policies in {"no policies": off, "usual policies": ""}.items():
            kept = Path(left.enter_context(tempfile.TemporaryDirectory(dir=folder)))
            port = free_port()
            file = kept / "whybounce.toml"
            file.write_text(
                _CONFIG.format(queue=url, port=port, dns=dns, silent=silent, policies=policies),
                encoding="utf-8",
            )
            (kept / "directory.toml").write_text(_DIRECTORY, encoding="utf-8")
            left.enter_context(_serving(file, port))
            ports[f"whybounce, {queue}, {what}"] = port
    return ports


@contextmanager
def _serving(config: Path, port: int) -> Iterator[None]:
    with subprocess.Popen(  # noqa: S603  # our own words
        [CLI, "serve", "--config", str(config)], stdout=subprocess.DEVNULL
    ) as process:
        try:
            wait_for(port)
            yield
        finally:
            process.terminate()


def _rate(port: int, octets: int, messages: int) -> float:
    """Return the messages a second that smtp-source got rid of."""
    # -d: the sessions stay open, as those of a busy server do.
    options = ("-d", "-s", SESSIONS, "-m", messages, "-l", octets, "-f", SENDER, "-t", RECIPIENT)
    start = perf_counter()
    subprocess.run(  # noqa: S603  # our own words
        ["/usr/sbin/smtp-source", *map(str, options), f"127.0.0.1:{port}"], check=True
    )
    return messages / (perf_counter() - start)


@contextmanager
def says_nothing() -> Iterator[int]:
    """Take connections at a port, and say nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


@contextmanager
def name_server() -> Iterator[int]:
    """Run a DNS in another process; yield its port."""
    near, far = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_in_loop, args=(_name_server, far))
    process.start()
    try:
        yield near.recv()
    finally:
        process.terminate()
        process.join()


def _in_loop(serve: Callable[[Connection], object], far: Connection) -> None:
    asyncio.run(serve(far))  # type: ignore[arg-type]  # a coroutine


async def _name_server(far: Connection) -> None:
    records = Records()
    records.add("b.example", "TXT", '"v=spf1 ip4:127.0.0.0/8 -all"')
    server = NameServer(records)
    await server.start()
    far.send(server.port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    main()
