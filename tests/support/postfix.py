"""A Postfix of its own for a test: its own folder, its own ports, gone afterwards.

Postfix's master runs as root only; the programs ``smtp-source`` and ``smtp-sink`` need nothing.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ports import free_port

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = /tmp, /var
myhostname = relay.example.net
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_recipient_restrictions = permit_mynetworks, reject
smtp_host_lookup = native
disable_dns_lookups = yes
alias_maps =
local_recipient_maps =
maximal_backoff_time = 300s
minimal_backoff_time = 300s
"""

# Postfix's own services, without chroot.
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
postlog   unix-dgram n - n - 1 postlogd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
"""


@contextmanager
def postfix(at: int = 0, **settings: str) -> Iterator[int]:
    """Run Postfix with these settings of main.cf beside the usual; yields the port it listens at."""
    with postfix_folder(at, **settings) as (_, port):
        yield port


@contextmanager
def postfix_folder(at: int = 0, **settings: str) -> Iterator[tuple[Path, int]]:
    """Run Postfix; yields its configuration's folder, with the queue in ``spool``, and its port.

    ``at`` is the port, where somebody had to know it before.
    """
    # pytest's folders are closed to other users, and Postfix is several.
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    folder.chmod(0o755)
    port = at or free_port()
    (folder / "main.cf").write_text(_main_cf(folder, settings))
    (folder / "master.cf").write_text(_MASTER.format(port=port))
    (folder / "spool").mkdir()
    (folder / "data").mkdir()
    shutil.chown(folder / "data", "postfix")
    run("postfix", "-c", str(folder), "start")
    try:
        wait_for(port)
        yield folder, port
    except BaseException:
        print((folder / "log").read_text())  # noqa: T201  # what went wrong stands there
        raise
    finally:
        run("postfix", "-c", str(folder), "stop")
        shutil.rmtree(folder)


def _main_cf(folder: Path, settings: Mapping[str, str]) -> str:
    """Return the settings beside the usual ones, each once.

    Of one that stands there twice every daemon warns as it starts, postlogd too: by its own socket, which
    others may have filled by then, and then it waits for itself, and all of Postfix for it.
    """
    usual = (line.partition("=") for line in _MAIN.format(folder=folder).split("\n") if line)
    merged = {name.strip(): value.strip() for name, _, value in usual} | settings
    return "".join(f"{name} = {value}\n" for name, value in merged.items())


@contextmanager
def smtp_sink(*options: str) -> Iterator[int]:
    """Run Postfix's ``smtp-sink``, which takes mail and forgets it; yields its port."""
    port = free_port()
    with running("smtp-sink", *options, f"127.0.0.1:{port}", "100"):
        wait_for(port)
        yield port


@contextmanager
def running(*command: str) -> Iterator[None]:
    """Run a program until the test is done with it."""
    if os.geteuid() == 0 and command[0] == "smtp-sink":
        command = (command[0], "-u", "nobody", *command[1:])
    process = subprocess.Popen(command, env=_environment())  # noqa: S603  # the test's own words
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def wait_for(port: int) -> None:
    """Wait until something listens."""
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, f"nothing listens at {port}"
            time.sleep(0.05)
        else:
            return


def run(*command: str) -> None:
    """Run one of Postfix's programs to its end."""
    done = subprocess.run(  # noqa: S603  # the test's own words
        command, env=_environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
