"""The sentences of a trace: read once, filled literally."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("sentences.toml")
_PLACE = re.compile(r"\{(\w+)\}")


@cache
def _sentences() -> Mapping[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def sentence(key: str, **values: str) -> str:
    """Return the sentence, its places filled in; what a value holds is never filled again."""
    return _PLACE.sub(lambda found: values.get(found[1], ""), _sentences()[key])


def event_sentence(kind: str, **values: str) -> str:
    """Return the sentence about an event; one of no known kind is told by its own words."""
    of_events = _sentences()["event"]
    written = of_events.get(kind, of_events["other"])
    return _PLACE.sub(lambda found: {"kind": kind, **values}.get(found[1], ""), written)
