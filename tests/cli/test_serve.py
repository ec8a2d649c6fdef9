"""``whybounce serve``, as an operator would run it."""

import re
import smtplib
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import uvloop

from processes import beside
from whybounce.cli import serve
from whybounce.cli.serve import new_loop

WHYBOUNCE = str(Path(sys.executable).with_name("whybounce"))
CONFIGURATION = """
[server]
name = "mail.contoso.example"
queue = "data"
mailboxes = "mailboxes"
drain = "5s"
operating = "127.0.0.1:0"

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
    with beside(WHYBOUNCE, "serve", "--config", str(_configuration(tmp_path))) as serving:
        lines = [serving.stdout.readline() for _ in range(7)]
        port = int(lines[2].rpartition(" ")[2])
        with smtplib.SMTP("127.0.0.1", port, "client.example", timeout=60) as client:
            client.sendmail(
                "a@remote.example",
                "ben@contoso.example",
                "From: a@remote.example\r\nSubject: Hello\r\n\r\n",
            )
        serving.terminate()
        rest = serving.stdout.read()

    assert lines[0] == "Whybounce serves as mail.contoso.example. Ctrl-C stops it.\n"
    assert lines[4].split() == ["mailboxes", str(tmp_path / "mailboxes")]
    assert rest == "Stopping: what is under way comes to its end.\n"
    assert serving.returncode == 0


def served(path: Path) -> subprocess.CompletedProcess[str]:
    """Run ``serve`` with a configuration by which it cannot, until it has said so."""
    return subprocess.run(  # noqa: S603  # our own command
        [WHYBOUNCE, "serve", "--config", str(path)], capture_output=True, check=False,
        text=True, timeout=120,
    )  # fmt: skip


def test_a_port_in_use_is_one_sentence(tmp_path):
    """It names the port, and the end is 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        path = _configuration(tmp_path, port)
        done = served(path)

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f'whybounce: {path}: listener "inbound", addresses: cannot listen at 127.0.0.1:{port}: '
        "address already in use; end what listens there, or configure another address"
    )


def test_a_place_for_the_queue_that_is_no_folder_is_one_sentence(tmp_path):
    """It names the file, the key and the value."""
    path = _configuration(tmp_path)
    taken = tmp_path / "taken"
    taken.write_text("")
    path.write_text(re.sub(r"(?m)^queue = .*$", f'queue = "{taken}"', path.read_text()))
    done = served(path)

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"whybounce: {path}: server, queue: {taken} cannot be used as a folder: file exists; "
        "configure another, or make it one"
    )


@pytest.mark.parametrize(
    ("queue", "said"),
    [
        ("postgresql://:::", "what follows postgresql:// cannot be read; write sqlite:////var/"),
        ("sqlite:///{folder}", "cannot open the queue {folder}: Is a directory"),
    ],
)
def test_a_queue_that_cannot_be_opened_is_said_with_its_key(tmp_path, queue, said):
    """Not only the file: many keys stand in it."""
    path = _configuration(tmp_path)
    named = queue.format(folder=tmp_path)
    path.write_text(re.sub(r"(?m)^queue = .*$", f'queue = "{named}"', path.read_text()))
    done = served(path)

    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"whybounce: {path}: server, queue: {said.format(folder=tmp_path)}")


def test_a_port_of_the_pages_that_is_in_use_is_said_before_anything_starts(tmp_path):
    """It names the key; no mail is taken by a gateway whose console is missing."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        path = _configuration(tmp_path)
        path.write_text(f'{path.read_text()}\n[web]\naddress = "127.0.0.1:{port}"\n')
        done = served(path)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1] == (
        f"whybounce: [web] address 127.0.0.1:{port}: cannot be listened at: Address already in use;"
        " end what listens there, or configure another address"
    )
    assert not (tmp_path / "data").exists()


def test_a_configuration_that_cannot_be_used_is_told_line_by_line(tmp_path):
    """As ``config check`` does."""
    path = tmp_path / "whybounce.toml"
    path.write_text("[server]\nnmae = 1\n")
    done = served(path)

    assert done.returncode == 2
    assert "nmae" in done.stderr
    assert done.stdout == ""


def test_the_demonstrations_options_are_not_a_configurations(tmp_path):
    """A port of the command line would be passed over otherwise."""
    command = [WHYBOUNCE, "serve", "--config", str(_configuration(tmp_path)), "--inbound", "0"]
    done = subprocess.run(command, capture_output=True, check=False, text=True)  # noqa: S603  # our own

    assert done.returncode == 2
    assert "--inbound is for the demonstration" in done.stderr


def test_the_event_loop_is_uvloops_where_that_is_installed(monkeypatch):
    for installed, module in ((uvloop, "uvloop"), (None, "asyncio")):
        monkeypatch.setitem(sys.modules, "uvloop", installed)
        loop = new_loop()
        loop.close()
        assert type(loop).__module__.partition(".")[0] == module


async def test_a_reload_that_falls_over_is_in_the_log(caplog):
    """Whoever sent SIGHUP looks there, and the gateway goes on."""

    class Falling:
        async def reload(self) -> None:
            raise KeyError("a mistake")

    await serve._reload(Falling())  # noqa: SLF001  # what the signal does

    (record,) = [each for each in caplog.records if each.name == serve.__name__]
    assert record.getMessage() == "nothing was reloaded"
    assert record.exc_info[0] is KeyError
