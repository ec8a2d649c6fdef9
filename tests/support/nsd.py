"""NSD on loopback with zones of ours: a name server that others wrote and millions ask."""

import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import Generator, Mapping
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from ports import free_port

_CONFIG = """
server:
    ip-address: 127.0.0.1@{port}
    username: ""
    chroot: ""
    zonesdir: "{folder}"
    database: ""
    pidfile: "{folder}/nsd.pid"
    xfrdfile: "{folder}/xfrd.state"
    zonelistfile: "{folder}/zone.list"
    cookie-secret-file: "{folder}/cookies"
    server-count: 1
    verbosity: 0
remote-control:
    control-enable: no
"""
_ZONE = """
zone:
    name: "{name}"
    zonefile: "{folder}/{name}.zone"
"""
_START_OF_AUTHORITY = """\
$ORIGIN {name}.
$TTL 60
@ SOA ns.{name}. hostmaster.{name}. 1 3600 600 86400 60
@ NS ns.{name}.
ns.{name}. A 127.0.0.1
"""


@contextlib.contextmanager
def serving(folder: Path, zones: Mapping[str, str]) -> Generator[int, None, None]:
    """Serve zones, from names to what stands in their files, and give the port."""
    port = free_port()
    config = folder / "nsd.conf"
    parts = [_CONFIG.format(port=port, folder=folder)]
    for name, records in zones.items():
        begin = _START_OF_AUTHORITY.format(name=name)
        (folder / f"{name}.zone").write_text(begin + records, encoding="ascii")
        parts.append(_ZONE.format(name=name, folder=folder))
    config.write_text("".join(parts), encoding="ascii")
    program = shutil.which("nsd", path="/usr/sbin:/usr/local/sbin") or "nsd"
    process = subprocess.Popen([program, "-d", "-c", str(config)], stderr=subprocess.PIPE)  # noqa: S603  # our own configuration
    try:
        _wait_for(port, next(iter(zones)), process)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def _wait_for(port: int, name: str, process: subprocess.Popen[bytes]) -> None:
    query = dns.message.make_query(f"{name}.", "SOA")
    ends = time.monotonic() + 60
    while time.monotonic() < ends and process.poll() is None:
        with contextlib.suppress(dns.exception.DNSException, OSError):
            if dns.query.udp(query, "127.0.0.1", port=port, timeout=0.2).answer:
                return
        time.sleep(0.02)
    process.kill()
    raise RuntimeError(process.communicate()[1].decode(errors="replace"))
