"""Write the tables of docs/configuration.md and docs/directory.md from the shapes that check the files.

    python tools/configuration.py

Run it after a change of a key. What stands between the tables is written by hand and kept.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from whybounce.gateway import config, trust
from whybounce.gateway.config import described
from whybounce.gateway.directory import nouns

DOCS = Path(__file__).parent.parent / "docs"

SHAPES: dict[str, tuple[type[Struct], ...]] = {
    "configuration.md": (
        config.Server,
        config.Listener,
        config.Limits,
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
}

_TABLE = re.compile(r"(<!-- keys of (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def current(name: str, text: str) -> str:
    """Return the document with the tables that the shapes have now."""
    shapes = {shape.__name__: shape for shape in SHAPES[name]}
    return _TABLE.sub(
        lambda found: found[1] + "\n".join(_rows(shapes[found[2]])) + "\n" + found[3], text
    )


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
