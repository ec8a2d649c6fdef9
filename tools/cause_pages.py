"""Build docs/causes/: one page for each cause, from the catalogue and nothing else.

python tools/cause_pages.py
"""

from collections.abc import Iterator
from pathlib import Path

from whybounce.catalogue import Catalogue, catalogue
from whybounce.vocabulary.cause import Cause
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.wording import Speaker

PAGES = Path(__file__).parent.parent / "docs" / "causes"

_AGAIN = {
    "no": "No.",
    "after-fixing": "Not before somebody has acted.",
    "later": "Yes, later.",
    "being-retried": "Not needed while the mail system keeps trying by itself.",
}


def pages(known: Catalogue) -> dict[str, str]:
    """Return every page's text by its file name."""
    speaker = Speaker(known)
    built = {f"{cause.id}.md": page(cause, known, speaker) for cause in known.causes.values()}
    built["README.md"] = index(known, speaker)
    return built


def page(cause: Cause, known: Catalogue, speaker: Speaker) -> str:
    """Return one cause's page in Markdown."""
    return "\n".join(_lines(cause, known, speaker)) + "\n"


def _lines(cause: Cause, known: Catalogue, speaker: Speaker) -> Iterator[str]:
    words = cause.words
    yield f"# {words.title}\n"
    yield f"`{cause.id}` · {speaker.codes(cause.id)}\n"
    yield f"{_escaped(speaker.prose(words.what))}\n"
    yield f"**Who must act:** {speaker.role(cause.owner)}.  "
    if cause.helpers:
        yield f"**Who can help:** {', '.join(map(speaker.role, cause.helpers))}.  "
    yield f"**Will sending again help?** {_again(cause)}  "
    yield f"**Stop mailing the address?** {'Yes' if cause.suppress == 'address' else 'No'}.\n"
    yield "## What to do\n"
    for steps in speaker.steps(cause.id, cause.owner):
        yield f"{steps.heading}:\n"
        yield from (f"{place}. {_escaped(step)}" for place, step in enumerate(steps.sentences, 1))
        yield ""
    yield f"To pass on: {_escaped(speaker.prose(words.tell))}\n"
    yield from _seen(cause, known)
    yield from _collisions(cause, known)
    yield "## Where it comes from\n"
    yield f"Raised by: {', '.join(cause.raised_by) or 'no policy of the gateway yet'}.  "
    if cause.replies:
        yield (
            "What the gateway says: "
            + "; ".join(f"`{form.code} {form.status} {form.text}`" for form in cause.replies)
            + ".  "
        )
    if cause.seeds:
        yield f"Also known as: {'; '.join(map(_escaped, cause.seeds))}.  "
    yield f"Source: {_escaped(cause.source)}."


def _again(cause: Cause) -> str:
    temporary, final = _AGAIN[cause.again[4]], _AGAIN[cause.again[5]]
    return (
        final
        if temporary == final
        else f"While it is deferred: {temporary} Once it is final: {final}"
    )


def _seen(cause: Cause, known: Catalogue) -> Iterator[str]:
    rules = [rule for rule in known.rules if rule.cause == cause.id]
    if not rules:
        return
    yield "## Replies that mean this\n"
    for system in dict.fromkeys(rule.system for rule in rules):
        yield f"From {system}:\n"
        for rule in rules:
            if rule.system == system:
                yield f"- `{_code(rule.seen[0])}` ({rule.id})"
        yield ""


def _collisions(cause: Cause, known: Catalogue) -> Iterator[str]:
    mine = [
        collision
        for collision in known.collisions
        if cause.id in {reading.cause for reading in collision.readings}
    ]
    if not mine:
        return
    yield "## Codes that can also mean something else\n"
    for collision in mine:
        yield f"{collision.code}:\n"
        for reading in collision.readings:
            link = known.causes[reading.cause].words.title
            yield f"- [{link}]({reading.cause}.md): {_escaped(reading.decides)}"
        yield ""


def _escaped(prose: str) -> str:
    """Keep Markdown from reading angle brackets as markup, outside of code."""
    parts = prose.split("`")
    parts[::2] = [part.replace("<", "&lt;").replace("*", "\\*") for part in parts[::2]]
    return "`".join(parts)


def _code(reply: str) -> str:
    return " ".join(reply.split()).replace("`", "'")


def index(known: Catalogue, speaker: Speaker) -> str:
    """Return the list of all causes, by who must act."""
    lines = ["# Causes: why mail is not delivered\n"]
    for owner in FixItOwner:
        causes = [cause for cause in known.causes.values() if cause.owner is owner]
        if causes:
            lines.append(f"## {speaker.role(owner).capitalize()} must act\n")
            lines += [
                f"- [{cause.words.title}]({cause.id}.md)"
                + (f" · {', '.join(map(str, cause.codes[:4]))}" if cause.codes else "")
                for cause in causes
            ]
            lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Write the pages; remove those whose cause is gone."""
    PAGES.mkdir(parents=True, exist_ok=True)
    built = pages(catalogue())
    for stale in {path.name for path in PAGES.glob("*.md")} - set(built):
        (PAGES / stale).unlink()
    for name, text in built.items():
        (PAGES / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
