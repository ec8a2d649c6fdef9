"""A reply with the replies it wraps, on one line: what ``read_reply`` reads back."""

from collections.abc import Iterator

from whybounce.vocabulary.reply import Reply


def write_reply(reply: Reply) -> str:
    """Return ``550 5.1.351 Remote server … -> 550 User unknown``; empty where nothing was said."""
    return " -> ".join(said for one in _chain(reply) if (said := str(one).strip()))


def _chain(reply: Reply | None) -> Iterator[Reply]:
    while reply is not None:
        yield reply
        reply = reply.inner
