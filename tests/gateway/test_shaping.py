"""Whatever stands in a file, its mistakes are said, and nothing falls over."""

from datetime import date
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from whybounce.gateway.config import Config
from whybounce.gateway.directory import DirectoryTable
from whybounce.gateway.directory.nouns import OrganisationTable
from whybounce.gateway.shaping import Faults, read_toml, shaped, shown, wanted
from whybounce.gateway.values import Secret, Size


class Child(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """A table in a table."""

    name: str
    how_many: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1


class Parent(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """A table with one of everything."""

    word: Literal["a", "b", "c"] = "a"
    share: float = 0.5
    secret: Secret | None = None
    child: tuple[Child, ...] = ()
    named: dict[str, Child] = {}
    sizes: tuple[Size, ...] = ()


def read(content: object) -> tuple[Parent | None, list[str]]:
    """Return what was read, and what was wrong."""
    faults = Faults()
    return shaped(content, Parent, faults), faults.said


def test_what_fits_is_the_struct():
    """Tuples for lists, and the values' own types."""
    parent, said = read({
        "word": "c",
        "share": 1,
        "secret": "swordfish",
        "child": [{"name": "x", "how-many": 9}],
        "named": {"y": {"name": "z"}},
        "sizes": ["1 KB", 2],
    })  # fmt: skip

    assert said == []
    assert parent == Parent(
        word="c",
        share=1.0,
        secret=Secret("swordfish"),
        child=(Child(name="x", how_many=9),),
        named={"y": Child(name="z")},
        sizes=(Size(1024), Size(2)),
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (5, "the file: 5 is not allowed; allowed is a table"),
        ({"word": "d"}, 'word: "d" is not allowed; allowed is "a", "b" or "c"'),
        ({"word": ["a"]}, 'word: ["a"] is not allowed; allowed is "a", "b" or "c"'),
        ({"share": "much"}, 'share: "much" is not allowed; allowed is a number'),
        ({"secret": 5}, 'secret: "…" is not allowed; allowed is text, which is never shown'),
        ({"child": {}}, "child: {} is not allowed; allowed is a list, each a table"),
        ({"child": [1]}, "child number 1: 1 is not allowed; allowed is a table"),
        ({"child": [{}]}, "child number 1: name is missing; needed is text"),
        ({"child": [{"name": "x", "how-many": 0}]}, 'child "x", how-many: 0 is not allowed; allowed is a whole number from 1 to 9'),
        ({"child": [{"name": "x", "how-many": True}]}, 'child "x", how-many: true is not allowed; allowed is a whole number from 1 to 9'),
        ({"child": [{"name": "x", "how_many": 1}]}, 'child "x", how_many: this key is not known; did you mean how-many? known here are name, how-many'),
        ({"named": {"y": 1}}, "named, y: 1 is not allowed; allowed is a table"),
        ({"named": 1}, "named: 1 is not allowed; allowed is a table"),
        ({"sizes": [1, "x"]}, 'sizes number 2: "x" is not allowed; allowed is a size such as "64 KB", "25 MB", or a number of octets'),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_line(content, said):
    """The place from the outside in, the value, and what is allowed."""
    parent, lines = read(content)

    assert (parent, lines) == (None, [said])


def test_values_are_shown_as_toml_writes_them_and_cut():
    """Dates too; and never what stands before the @ of a URL."""
    assert shown(date(1979, 5, 27)) == "1979-05-27"
    assert shown(True) == "true"  # noqa: FBT003  # it is the value
    assert len(shown("x" * 10_000)) < 100
    assert shown("postgresql://u:swordfish@h/d") == '"postgresql://…@h/d"'


def test_every_key_says_in_words_what_it_may_be():
    """No type of Python's stands in a line for an operator."""
    for table in (Config, OrganisationTable):
        for field in msgspec.structs.fields(table):
            said = wanted(field.type)
            assert not any(sign in said for sign in ("<", "[str", "class", "None")), said


TOML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def tables(shape: type[msgspec.Struct]) -> st.SearchStrategy[dict[str, object]]:
    """Return tables with the shape's own keys, and anything in them."""
    keys = st.sampled_from(shape.__struct_encode_fields__)
    return st.dictionaries(keys, TOML | st.lists(st.dictionaries(keys, TOML, max_size=4)))


@settings(max_examples=200)
@given(
    st.one_of(tables(Config), tables(OrganisationTable).map(lambda one: {"organisation": [one]}))
)
def test_nothing_in_a_file_makes_reading_it_fall_over(content):
    """It is read, or something is said about it."""
    for shape in (Config, DirectoryTable):
        faults = Faults()
        found = shaped(content, shape, faults)

        assert (found is None) is bool(faults.said)


def test_a_file_with_a_byte_order_mark_is_not_toml(tmp_path):
    """As the TOML of the standard library has it; the line says where."""
    (tmp_path / "a.toml").write_bytes(b"\xef\xbb\xbf[server]\n")
    with pytest.raises(Exception, match=r"is not TOML: .*line 1"):
        read_toml(tmp_path / "a.toml")
