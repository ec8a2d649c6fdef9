"""A DNS of its own with real signatures: Knot signs, unbound validates, from a root of our own.

    example.     signed; whatever tests add stands here
    unsigned.    delegated without a DS record: insecure
    broken.      signed, and the DS record in the root is another key's: bogus
    dead.        delegated, and its server has lost its file: SERVFAIL

One for a whole test session (the fixture ``signed_zone``): tests use domains of their own in it.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.dnssec
import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.update
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ports import free_port
from whybounce.checking.lookups import Resolver

_ZONES = ("", "example", "unsigned", "broken")
_KNOT = """
server:
  listen: 127.0.0.1@{port}
  rundir: {folder}/run
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
log:
- target: stderr
  any: error
database:
  storage: {folder}/db
acl:
- id: tests
  address: 127.0.0.1
  action: update
policy:
- id: one-key
  algorithm: ecdsap256sha256
  single-type-signing: on
template:
- id: default
  storage: {folder}
  file: "%s.zone"
  acl: tests
  zonefile-sync: -1
  journal-content: changes
  zonefile-load: difference
zone:
"""
_UNBOUND = """
server:
  chroot: ""
  username: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  verbosity: 0
  num-threads: 1
  interface: 127.0.0.1@{port}
  {system}
  do-ip6: no
  do-not-query-localhost: no
  module-config: "validator iterator"
  trust-anchor: "{anchor}"
  ede: {ede}
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
  infra-host-ttl: 0
  val-bogus-ttl: 0
  aggressive-nsec: no
  msg-cache-size: 1m
  rrset-cache-size: 1m
remote-control:
  control-enable: no
"""
_SOA = "@ 1 SOA ns.example. hostmaster.example. 1 3600 600 86400 1\n"


class SignedZone:
    """The running servers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._authority = free_port()
        self.port = 0  # Of the resolver that says why there is no answer (EDE).
        self.terse_port = 0  # Of one that does not.
        # Of the first one, port 53, for programs that ask there and nowhere else; root's only.
        self.system_address = f"127.{os.getpid() >> 8 & 255}.{os.getpid() & 255}.53"

    @property
    def resolv_conf(self) -> Path:
        """A file by which programs ask it, if the system gives them that one."""
        return self._folder / "resolv.conf"

    def resolver(self, *, terse: bool = False) -> Resolver:
        """Return what asks it."""
        return Resolver("127.0.0.1", self.terse_port if terse else self.port, seconds=30)

    def add(self, name: str, rdtype: str, *values: str) -> None:
        """Add records below ``example`` or ``unsigned``; they are signed at once."""
        self._update(name.rpartition(".")[2], name, rdtype, values)

    def _update(self, zone: str, name: str, rdtype: str, values: tuple[str, ...]) -> None:
        update = dns.update.Update(f"{zone}.")
        for value in values:
            update.add(dns.name.from_text(name), 1, rdtype, value)
        answer = dns.query.tcp(update, "127.0.0.1", 60, self._authority)
        assert answer.rcode() == 0, answer

    # How it begins.

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the servers."""
        self._write_zones()
        with self._started("knotd", "-c", str(self._folder / "knot.conf")):
            _wait(self._authority)
            self._chain()
            self.port, self.terse_port = free_port(), free_port()
            with (
                self._unbound(self.port, ede=True, system=os.geteuid() == 0),
                self._unbound(self.terse_port, ede=False),
            ):
                yield

    def _write_zones(self) -> None:
        conf = _KNOT.format(port=self._authority, folder=self._folder)
        for zone in _ZONES:
            signing = (
                "" if zone == "unsigned" else "  dnssec-signing: on\n  dnssec-policy: one-key\n"
            )
            conf += f"- domain: {zone}.\n{signing}"
            below = "".join(
                f"{each}. 1 NS ns.example.\n" for each in ("unsigned", "broken", "dead")
            )
            more = f"{below}example. 1 NS ns.example.\n" if not zone else "ns 1 A 127.0.0.1\n"
            written = _SOA + "@ 1 NS ns.example.\n" + more + "probe 1 A 127.0.0.9\n"
            (self._folder / f"{zone}.zone").write_text(f"$ORIGIN {zone}.\n{written}")
        for each in ("run", "db"):
            (self._folder / each).mkdir()
        self.resolv_conf.write_text(
            f"nameserver {self.system_address}\noptions edns0 trust-ad timeout:1\n"
        )
        (self._folder / "knot.conf").write_text(f"{conf}- domain: dead.\n")

    def _chain(self) -> None:
        """Vouch for the zones in the root; for the broken one, for a key that it has not."""
        own = self._key("example")
        self._update("", "example.", "DS", (_digest("example.", own),))
        stranger = ec.generate_private_key(ec.SECP256R1()).public_key()
        key = dns.dnssec.make_dnskey(stranger, "ECDSAP256SHA256", flags=257)
        self._update("", "broken.", "DS", (_digest("broken.", key),))

    def _key(self, zone: str) -> dns.rdata.Rdata:
        for _ in range(100):
            query = dns.message.make_query(f"{zone}.", "DNSKEY")
            answer = dns.query.tcp(query, "127.0.0.1", 60, self._authority)
            if answer.answer:
                return answer.answer[0][0]
            time.sleep(0.05)
        raise AssertionError(
            f"Knot does not sign {zone}. " + (self._folder / "knotd.log").read_text()
        )

    @contextmanager
    def _unbound(self, port: int, *, ede: bool, system: bool = False) -> Iterator[None]:
        file = self._folder / f"unbound-{port}.conf"
        written = _UNBOUND.format(
            folder=self._folder,
            port=port,
            system=f"interface: {self.system_address}@53" if system else "",
            anchor=f". DNSKEY {self._key('').to_text()}",
            ede="yes" if ede else "no",
        )
        for zone in (*_ZONES, "dead"):
            written += f'stub-zone:\n  name: "{zone}."\n  stub-addr: 127.0.0.1@{self._authority}\n'
        file.write_text(written)
        with self._started("unbound", "-d", "-c", str(file)):
            _wait(port)
            yield

    @contextmanager
    def _started(self, *command: str) -> Iterator[None]:
        program = shutil.which(command[0], path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        if program is None:
            pytest.fail(f"{command[0]} is not here; script/debian-packages.txt says what has it")
        with (self._folder / f"{command[0]}.log").open("ab") as log:
            process = subprocess.Popen((program, *command[1:]), stdout=log, stderr=log)  # noqa: S603  # Debian's own programs
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)


@contextmanager
def signed_zone_running() -> Iterator[SignedZone]:
    """Run a signed zone in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="whybounce-dns-") as folder:
        zone = SignedZone(Path(folder))
        with zone.running():
            yield zone


def _digest(zone: str, key: dns.rdata.Rdata) -> str:
    return dns.dnssec.make_ds(zone, key, "SHA256").to_text()


def _wait(port: int) -> None:
    """Wait until a name server answers."""
    query = dns.message.make_query("probe.example.", "A")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            dns.query.udp(query, "127.0.0.1", 0.3, port)
        except (dns.exception.DNSException, OSError):
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"no name server answers at {port}")
