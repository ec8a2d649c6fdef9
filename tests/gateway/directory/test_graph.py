"""Circles of groups are found, and nothing else is taken for one."""

import itertools
from graphlib import CycleError, TopologicalSorter

from hypothesis import given, strategies as st

from whybounce.gateway.directory.graph import circle

GRAPHS = st.dictionaries(
    st.sampled_from("abcdefgh"), st.lists(st.sampled_from("abcdefgh"), max_size=4), max_size=8
)


@given(GRAPHS)
def test_a_circle_is_found_where_there_is_one(graph):
    """The standard library says whether there is; what is returned is really a circle."""
    found = circle(graph)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError:
        assert found[0] == found[-1]
        assert len(found) > 1
        assert all(after in graph[before] for before, after in itertools.pairwise(found))
    else:
        assert found == ()
