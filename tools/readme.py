"""Put what the examples of the README and of the guide really print below them.

An example is a console block with one command, and a text block below it:

    $ whybounce read docs/examples/undeliverable.txt | head -16

The command is ``whybounce`` or ``cat``; ``head`` and ``tail`` may follow.

python tools/readme.py
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "read.md")
_EXAMPLE = re.compile(r"(```console\n\$ ([^\n]+)\n```\n\n```text\n)(.*?)(?=```)", re.DOTALL)


def printed(command: str) -> str:
    """Return what the command prints, run in the project's root."""
    first, *filters = command.split(" | ")
    lines = _output(shlex.split(first)).splitlines(keepends=True)
    for program, count in (one.split(" -") for one in filters):
        lines = lines[: int(count)] if program == "head" else lines[-int(count) :]
    return "".join(lines)


def current(text: str) -> str:
    """Return a document's text with the answers as they are now."""
    if not _EXAMPLE.search(text):
        raise SystemExit("a document has no example: a console block with a text block below it")
    return _EXAMPLE.sub(lambda example: example[1] + printed(example[2]), text)


def _output(command: list[str]) -> str:
    if command[0] == "cat":
        return (ROOT / command[1]).read_text(encoding="utf-8")
    program = str(Path(sys.executable).with_name(command[0]))
    done = subprocess.run(  # noqa: S603  # our own command
        [program, *command[1:]], capture_output=True, check=True, text=True, cwd=ROOT
    )
    return done.stdout.rstrip("\n") + "\n"


if __name__ == "__main__":
    for document in DOCUMENTS:
        document.write_text(current(document.read_text(encoding="utf-8")), encoding="utf-8")
