"""Put what the README's first example really prints below it.

python tools/readme.py
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
_EXAMPLE = re.compile(
    r"```console\n\$ (whybounce [^\n]+) \| head -(\d+)\n```\n\n```text\n(.*?)```", re.DOTALL
)


def printed(command: str, lines: int) -> str:
    """Return the first lines of what the command prints."""
    program = str(Path(sys.executable).with_name("whybounce"))
    done = subprocess.run(  # noqa: S603  # our own command
        [program, *shlex.split(command)[1:]], capture_output=True, check=True, text=True
    )
    return "".join(done.stdout.splitlines(keepends=True)[:lines])


def current(text: str) -> str:
    """Return the README's text with the example's answer as it is now."""
    match = _EXAMPLE.search(text)
    if match is None:
        raise SystemExit("README.md has no example of the form: $ whybounce … | head -N")
    answer = printed(match[1], int(match[2]))
    return text[: match.start(3)] + answer + text[match.end(3) :]


if __name__ == "__main__":
    README.write_text(current(README.read_text(encoding="utf-8")), encoding="utf-8")
