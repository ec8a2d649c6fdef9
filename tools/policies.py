"""Build docs/policies/: one page for each policy of the gateway, from its docstring and its row.

python tools/policies.py
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from whybounce.catalogue import Catalogue, catalogue
from whybounce.gateway.policies import POLICIES, Policy, Stage

PAGES = Path(__file__).parent.parent / "docs" / "policies"

_STAGES = {
    Stage.MAIL: "at MAIL, about who sends",
    Stage.RCPT: "at RCPT, about each recipient",
    Stage.MESSAGE: "at the end of the message",
}


def pages(known: Catalogue) -> dict[str, str]:
    """Return every page's text by its file name."""
    built = {f"{policy.name}.md": page(policy, known) for policy in POLICIES}
    built["README.md"] = index()
    return built


def page(policy: Policy, known: Catalogue) -> str:
    """Return one policy's page in Markdown."""
    return "\n".join(_lines(policy, known)) + "\n"


def about(policy: Policy) -> str:
    """Return what the policy's file says of itself."""
    return inspect.getdoc(sys.modules[policy.judge.__module__]) or ""


def index() -> str:
    """Return the list of all policies, in the order in which they are asked."""
    return "\n".join(_index()) + "\n"


def _lines(policy: Policy, known: Catalogue) -> Iterator[str]:
    yield f"# {policy.name}\n"
    yield f"{about(policy)}\n"
    yield f"Asked {_STAGES[policy.stage]}. If nothing is said: `{policy.usual}`.\n"
    yield "```toml"
    yield "[policies]"
    yield f'{policy.name} = "{policy.usual}"  # or "refuse", "defer", "log", "off"'
    yield "```\n"
    yield "| cause | what is said |"
    yield "|---|---|"
    for cause in policy.causes:
        said = "<br>".join(
            f"`{form.code} {form.status} {form.text}`" for form in known.causes[cause].replies
        )
        yield f"| [{cause}](../causes/{cause}.md) | {said} |"
    if policy.settings:
        yield f"\nIt holds to: {', '.join(f'`{key}`' for key in policy.settings)}."
    for tally in policy.tallies:
        hours = tally.window.total_seconds() / 3600
        yield f"\nIt counts `{tally.name}` over {hours:g} hours."


def _index() -> Iterator[str]:
    yield "# Policies\n"
    yield (
        "Whether mail is taken: in this order, and the first that is against it decides. Mail for a"
        " postmaster of ours is asked about by none of those at RCPT (RFC 5321 §4.5.1).\n"
    )
    yield "| policy | asked | why |"
    yield "|---|---|---|"
    for policy in POLICIES:
        first = about(policy).partition("\n\n")[0].replace("\n", " ")
        yield f"| [{policy.name}]({policy.name}.md) | {policy.stage} | {first} |"


def main() -> None:
    """Write the pages anew; remove those of policies that are gone."""
    PAGES.mkdir(parents=True, exist_ok=True)
    built = pages(catalogue())
    for old in PAGES.glob("*.md"):
        if old.name not in built:
            old.unlink()
    for name, text in built.items():
        (PAGES / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
