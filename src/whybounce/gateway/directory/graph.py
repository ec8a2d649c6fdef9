"""Who leads to whom: groups and aliases as a graph, and the circles in it."""

from collections.abc import Collection, Iterator, Mapping

Graph = Mapping[str, Collection[str]]


def circle(graph: Graph) -> tuple[str, ...]:
    """Return a way that comes back to where it begins; nothing where there is none.

    Without recursion: a file may nest as deep as it likes.
    """
    finished: set[str] = set()
    for start in graph:
        way: dict[
            str, Iterator[str]
        ] = {}  # Where we are, from the start on, and what is still to see.
        here: str | None = start if start not in finished else None
        while here is not None:
            if here not in way:
                way[here] = iter(graph.get(here, ()))
            following = next(way[here], None)
            if following is None:
                finished.add(here)
                del way[here]
                here = next(reversed(way), None)
                continue
            if following in way:
                names = list(way)
                return (*names[names.index(following) :], following)
            if following not in finished:
                here = following
    return ()
