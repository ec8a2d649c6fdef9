"""``whybounce serve``, as an operator would run it."""

import asyncio
import shlex
import smtplib
import socket
import subprocess
import sys
from pathlib import Path

import whybounce
from whybounce.cli.serve import _screen
from whybounce.gateway.config import read_config
from whybounce.gateway.directory import demonstration
from whybounce.gateway.service import running

WHYBOUNCE = str(Path(sys.executable).with_name("whybounce"))
CONFIGURATION = """
[server]
name = "mail.contoso.example"
queue = "data"
mailboxes = "mailboxes"
drain = "5s"

[[listener]]
name = "inbound"
addresses = ["127.0.0.1:{port}"]

[[listener]]
name = "submission"
kind = "submission"
addresses = ["127.0.0.1:0"]
auth-without-tls = true
"""


def _configuration(folder: Path, port: int = 0) -> Path:
    path = folder / "whybounce.toml"
    path.write_text(CONFIGURATION.format(port=port))
    return path


def test_it_says_where_it_listens_takes_mail_and_stops_in_order(tmp_path):
    """SIGTERM lets what is under way come to its end; the end is 0."""
    with subprocess.Popen(  # noqa: S603  # our own command
        [WHYBOUNCE, "serve", "--config", str(_configuration(tmp_path))],
        stdout=subprocess.PIPE,
        text=True,
    ) as serving:
        lines = [serving.stdout.readline() for _ in range(6)]
        port = int(lines[2].rpartition(" ")[2])
        with smtplib.SMTP("127.0.0.1", port, "client.example", timeout=10) as client:
            client.sendmail("a@remote.example", "ben@contoso.example", "Subject: Hello\r\n\r\n")
        serving.terminate()
        rest = serving.stdout.read()

    assert lines[0] == "Whybounce serves as mail.contoso.example. Ctrl-C stops it.\n"
    assert lines[4].split() == ["mailboxes", str(tmp_path / "mailboxes")]
    assert rest == "Stopping: what is under way comes to its end.\n"
    assert serving.returncode == 0


def test_a_port_in_use_is_one_sentence(tmp_path):
    """It names the port, and the end is 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        path = _configuration(tmp_path, port)
        done = subprocess.run(  # noqa: S603  # our own command
            [WHYBOUNCE, "serve", "--config", str(path)], capture_output=True, check=False, text=True
        )

    assert done.returncode == 2
    assert done.stderr == (
        f"whybounce: cannot listen at 127.0.0.1:{port}: address already in use; "
        "end what listens there, or configure another address\n"
    )


def test_a_configuration_that_cannot_be_used_is_told_line_by_line(tmp_path):
    """As ``config check`` does."""
    path = tmp_path / "whybounce.toml"
    path.write_text("[server]\nnmae = 1\n")
    done = subprocess.run(  # noqa: S603  # our own command
        [WHYBOUNCE, "serve", "--config", str(path)], capture_output=True, check=False, text=True
    )

    assert done.returncode == 2
    assert "nmae" in done.stderr
    assert done.stdout == ""


def test_the_line_to_copy_provokes_an_ndr(tmp_path):
    """It is run as it stands there, by a shell."""
    config = read_config(_configuration(tmp_path), {})

    async def provoked() -> list[Path]:
        table = demonstration()
        async with running(config, table) as gateway:
            lines = list(_screen(config, table, gateway, is_demonstration=True))
            line = next(each for each in lines if each.startswith("  python3 -c "))
            command = [sys.executable, *shlex.split(line)[1:]]
            await asyncio.to_thread(subprocess.run, command, check=True)
            new = Path(lines[-1].split()[-1])
            async with asyncio.timeout(15):
                while not new.is_dir() or not (found := list(new.iterdir())):  # noqa: ASYNC110, ASYNC240  # nothing tells of it
                    await asyncio.sleep(0.02)
            return found

    (notice,) = asyncio.run(provoked())

    assert whybounce.diagnose(notice.read_bytes()).explanations[0].cause == "mailbox-full"
