"""Ctrl-C ends the command quietly from its first moment on, also while it imports itself."""

import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

_PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
_COMMAND = metadata.EntryPoint(
    "whybounce", _PROJECT["project"]["scripts"]["whybounce"], "console_scripts"
)

# What pip's script does, with a Ctrl-C as soon as it comes to a module.
_SCRIPT = """
import signal, sys

class CtrlC:
    def find_spec(self, name, path, target=None):
        if name == sys.argv[1]:
            del sys.argv[1]
            sys.meta_path.remove(self)
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, getattr(signal, sys.argv.pop(1)))
sys.meta_path.insert(0, CtrlC())
from {module} import {function}
sys.exit({function}())
"""


def interrupted(module: str, handler: str) -> subprocess.CompletedProcess[str]:
    """Run ``whybounce explain 5.1.1``, interrupted when it imports the module."""
    script = _SCRIPT.format(module=_COMMAND.module, function=_COMMAND.attr)
    return subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-c", script, handler, module, "explain", "5.1.1"],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize(
    "module", ["whybounce", "whybounce.explaining", "whybounce.cli", "typer", "rich.console"]
)
def test_ctrl_c_while_it_imports_itself_shows_no_traceback(module):
    """It ends with 130, as shells say it, and without a word."""
    done = interrupted(module, "default_int_handler")

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_whoever_ignores_ctrl_c_goes_on_ignoring_it():
    """A script that starts it with ``&`` has the signal ignored, and gets its answer."""
    done = interrupted("whybounce.explaining", "SIG_IGN")

    assert done.returncode == 0
    assert "5.1.1" in done.stdout
