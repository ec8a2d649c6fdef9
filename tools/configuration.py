"""Write the tables of docs/configuration.md, directory.md and operating.md from what the code goes by.

    python tools/configuration.py

Run it after a change of a key. What stands between the tables is written by hand and kept.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from whybounce.gateway import config, limits, trust
from whybounce.gateway.config import described
from whybounce.gateway.directory import nouns
from whybounce.gateway.operating import reloading

DOCS = Path(__file__).parent.parent / "docs"

SHAPES: dict[str, tuple[type[Struct], ...]] = {
    "configuration.md": (
        config.Server,
        config.Listener,
        limits.Limits,
        trust.Trust,
        trust.BlockListTable,
        config.Outbound,
        config.Retry,
        config.Reports,
        config.Forwarding,
        config.Signing,
        config.Retention,
        config.Health,
        config.Webhook,
        config.Web,
        config.Directory,
    ),
    "directory.md": (
        nouns.Organisation,
        nouns.Domain,
        nouns.Mailbox,
        nouns.Alias,
        nouns.Group,
        nouns.PublicFolder,
        nouns.MailUser,
        nouns.Contact,
        nouns.InboundConnector,
        nouns.OutboundConnector,
        nouns.MailFlowRule,
        nouns.Account,
    ),
    "operating.md": (),
}

_RELOADED = re.compile(r"(<!-- what a reload changes -->\n).*?(<!-- end -->)", re.DOTALL)
_TABLE = re.compile(r"(<!-- keys of (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def current(name: str, text: str) -> str:
    """Return the document with the tables that the shapes have now."""
    shapes = {shape.__name__: shape for shape in SHAPES[name]}
    text = _RELOADED.sub(lambda found: found[1] + "\n".join(_reloaded()) + "\n" + found[2], text)
    return _TABLE.sub(
        lambda found: found[1] + "\n".join(_rows(shapes[found[2]])) + "\n" + found[3], text
    )


def _reloaded() -> Iterator[str]:
    yield ""
    yield "| table | in force at once | waits for the next start |"
    yield "|---|---|---|"
    for table, at_once, waiting in reloading.by_table():
        yield f"| `{table}` | {_listed(at_once)} | {_listed(waiting)} |".replace("  ", " ")
    yield ""


def _listed(keys: tuple[str, ...] | None) -> str:
    return "all" if keys is None else ", ".join(f"`{key}`" for key in keys)


def _rows(shape: type[Struct]) -> Iterator[str]:
    yield ""
    yield (shape.__doc__ or "").replace("\n", " ").strip()
    yield ""
    yield "| key | value | if not said | meaning |"
    yield "|---|---|---|---|"
    for key, allowed, default, meaning in described(shape):
        shown = default if default in {"", "needed"} else f"`{default}`"
        yield f"| `{key}` | {allowed} | {shown} | {meaning} |".replace("  ", " ")
    yield ""


def main() -> None:
    """Write them anew."""
    for name in SHAPES:
        path = DOCS / name
        path.write_text(current(name, path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
