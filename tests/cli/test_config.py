"""``whybounce config``, as an operator would use it."""

import os
import subprocess
import sys
from pathlib import Path

from whybounce.gateway.directory.passwords import is_hash

WHYBOUNCE = str(Path(sys.executable).with_name("whybounce"))


def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the real command."""
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONWARNINGS": "error"}
    return subprocess.run(  # noqa: S603  # our own command
        [WHYBOUNCE, "config", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        env=environment,
    )


def test_a_configuration_that_can_be_used_ends_with_0(tmp_path):
    """And says in one line what it is about."""
    path = tmp_path / "whybounce.toml"
    path.write_text(
        '[[directory.organisation]]\nname = "A"\n'
        '[[directory.organisation.domain]]\nname = "a.example"\n'
        '[[directory.organisation.mailbox]]\naddress = "anna@a.example"\n'
    )
    done = run("check", str(path))

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == f"{path} can be used. Domains: 1. Mailboxes: 1.\n"


def test_without_a_file_the_demonstration_is_checked():
    """It is what would be started."""
    done = run("check")

    assert done.returncode == 0
    assert done.stdout.startswith(b"The demonstration can be used. ")


def test_every_mistake_is_a_line_on_stderr_and_the_end_is_2(tmp_path):
    """Of the configuration first; of its directory once that can be found."""
    path = tmp_path / "whybounce.toml"
    path.write_text('lmits = 1\n[limits]\nhops = "many"\n[directory]\nfile = "directory.toml"\n')
    (tmp_path / "directory.toml").write_text('[[organisation]]\nname = "A"\ncolour = "red"\n')
    wrong = run("check", str(path))
    path.write_text('[directory]\nfile = "directory.toml"\n')
    below = run("check", str(path))

    assert (wrong.returncode, wrong.stdout) == (2, b"")
    assert len(wrong.stderr.decode().splitlines()) == 2
    assert f'{path}: limits, hops: "many" is not allowed' in wrong.stderr.decode()
    assert (below.returncode, below.stdout) == (2, b"")
    assert f'{tmp_path}/directory.toml: organisation "A", colour: ' in below.stderr.decode()


def test_the_configuration_may_be_named_as_for_the_other_commands(tmp_path):
    """By --config; two different ones are one too many."""
    file = tmp_path / "whybounce.toml"
    file.write_text("[server]\nnmae = 'x'\n")

    assert run("check", "--config", str(file)).returncode == 2
    assert b"did you mean name?" in run("check", "--config", str(file)).stderr
    assert b"name one" in run("check", "other.toml", "--config", str(file)).stderr


def test_a_configuration_that_is_not_there_ends_with_2(tmp_path):
    """In one line, without a traceback."""
    done = run("check", str(tmp_path / "gone.toml"))

    assert done.returncode == 2
    assert (
        done.stderr.decode() == f"{tmp_path}/gone.toml: cannot be read: No such file or directory\n"
    )


def test_a_password_becomes_a_hash_that_the_directory_takes():
    """Read from a pipe, so that it never stands in a shell's history."""
    done = run("password", stdin="hörbuch\n".encode())

    assert done.returncode == 0
    assert is_hash(done.stdout.decode().strip())
    assert run("password").returncode == 2


def test_without_the_gateways_libraries_it_says_what_to_install():
    """The library and command line alone come without them."""
    code = (
        "import sys; sys.modules['sqlalchemy'] = None; import whybounce.cli; whybounce.cli.main()"
    )
    done = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-c", code, "config", "check"], capture_output=True, check=False
    )

    assert done.returncode == 2
    assert b'pip install "whybounce[gateway]"' in done.stderr
