"""Causes found by what somebody types."""

import pytest

from whybounce.catalogue import catalogue
from whybounce.explaining import mistyped_code, near_causes, search_causes


def found(wanted: str) -> list[str]:
    """Return the ids."""
    return [cause.id for cause in search_causes(catalogue(), wanted)]


def test_nothing_wanted_finds_everything():
    """In the catalogue's order."""
    assert found("") == list(catalogue().causes)


def test_an_id_finds_its_cause_alone():
    """Though others hold the words."""
    assert found("mailbox-full") == ["mailbox-full"]


def test_a_code_finds_what_it_can_mean_the_likeliest_first():
    """Nine for 5.7.1."""
    assert found("5.7.1")[0] == "refused-by-policy"
    assert len(found("5.7.1")) == 9


def test_words_find_causes_that_hold_them_all_also_in_a_servers_sentence():
    """In any order and case."""
    assert "mailbox-full" in found("FULL mailbox")
    assert "mailbox-full" in found("out of storage space")
    assert found("mailbox xyzzy") == []


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        ("mailbox full", "mailbox-full"),
        ("too large", "message-too-large"),
        ("greylist", "greylisted"),
    ],
)
def test_causes_that_are_called_so_come_before_those_that_only_mention_it(wanted, first):
    """Whoever types two words wants one cause."""
    assert found(wanted)[0] == first


def test_half_a_code_finds_the_causes_of_the_codes_that_begin_so():
    """And not whatever has the digits in some server's sentence."""
    causes = catalogue().causes
    assert found("5.4")
    assert all(
        any(str(code).startswith("5.4") for code in causes[cause].codes) for cause in found("5.4")
    )


def test_what_is_written_like_an_id_is_named():
    """At most three."""
    assert near_causes(catalogue(), "mailbox-ful")[0] == "mailbox-full"
    assert near_causes(catalogue(), "x" * 100_000) == []


@pytest.mark.parametrize("written", ["5.71", "5,7,1", "5.7.1O", "#57.1", " 5.71 "])
def test_a_mistyped_code_is_known_as_one(written):
    """With the nearest codes there are."""
    assert "5.7.1" in mistyped_code(catalogue(), written)


@pytest.mark.parametrize(
    ("written", "near"),
    [("5.7", ("5.7.0", "5.7.1", "5.7.2")), ("9.9.9", ()), ("0.7.1", ())],
)
def test_of_what_is_half_a_code_the_first_of_its_kind_are_named(written, near):
    """And of what no class begins, nothing: 9.9.9 is near to nothing."""
    assert mistyped_code(catalogue(), written) == near


@pytest.mark.parametrize(
    "written", ["5.7.1", "5.7.1.", "550", "550 5.71", "User unknown", "", "1234567890123456"]
)
def test_anything_else_is_not(written):
    """Codes, replies, words."""
    assert mistyped_code(catalogue(), written) is None
