"""What Sisimai's reasons are called here: the table beside this file, and how to hold against it.

Some of Sisimai's labels are broader than ours, or are a guess ("filtered" of a user unknown). Such
a label decides only that our reason is one of several; two of them decide nothing at all.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from whybounce.vocabulary.cause import Reason


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of Sisimai's reasons."""

    here: tuple[Reason, ...]  # Ours that mean it, the likeliest first; none: it says nothing.
    broader: bool = False  # Any of them may be right.
    why: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    label: dict[str, Label]


@cache
def labels() -> Mapping[str, Label]:
    """Return Sisimai's reasons by name, in lower case as Sisimai 4 and 5 print them."""
    file = Path(__file__).with_suffix(".toml")
    return msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), _File).label


def reason_here(label: str, found: Reason | None = None) -> Reason | None:
    """Return our reason for what Sisimai labels so; None where the label decides nothing.

    Args:
        label: Sisimai's reason, in any letter case.
        found: What we say of the same bounce. It is returned if it is one of those the label can
            mean, so that ``reason_here(label, found) == found`` says whether both agree.

    Raises:
        KeyError: There is no such reason.

    """
    here = labels()[label.lower()].here
    if found in here:
        return found
    return here[0] if here else None
