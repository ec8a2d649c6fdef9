"""Which number of a cause's range is said for what was seen: a table, in ``sub_reasons.toml``."""

import tomllib
from functools import cache
from pathlib import Path

from whybounce.vocabulary.status_code import StatusCode

_FILE = Path(__file__).with_suffix(".toml")


@cache
def sub_reasons() -> dict[str, dict[str, StatusCode]]:
    """Return the numbers by cause and by sub-reason; the first is said where none is known."""
    written: dict[str, dict[str, str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        cause: {word: _code(number) for word, number in table.items()}
        for cause, table in written.items()
    }


def status_of(cause: str, reason: str) -> StatusCode:
    """Return the number for a reason such as ``spam: 9 of 10 messages``."""
    table = sub_reasons()[cause]
    word = reason.partition(":")[0].strip()
    return table.get(word) or next(iter(table.values()))


def _code(written: str) -> StatusCode:
    code = StatusCode.parse(written)
    if code is None:
        raise ValueError(f"{_FILE.name}: {written!r} is no status code")
    return code
