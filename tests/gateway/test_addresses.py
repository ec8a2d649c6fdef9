"""Two spellings of one mailbox are one mailbox, and two mailboxes stay two."""

import unicodedata

import pytest
from hypothesis import given, strategies as st

from whybounce.gateway.addresses import (
    DomainName,
    MailAddress,
    folded_domain,
    folded_local,
    folded_login,
    key_of,
    parents,
    without_tag,
)

LETTERS = st.text(st.characters(codec="utf-8", categories=("L", "M", "N")), min_size=1, max_size=20)
ASCII = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,20}[A-Za-z0-9]", fullmatch=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna@Contoso.Example", "anna@contoso.example"),
        ("JÜRGEN@contoso.example", "jürgen@contoso.example"),
        ("ju\u0308rgen@contoso.example", "jürgen@contoso.example"),
        ("anna@MÜNCHEN.example", "anna@xn--mnchen-3ya.example"),
        ("anna@mu\u0308nchen.example", "anna@münchen.example"),
        ("Ὀδυσσεύς@contoso.example", "ὈΔΥΣΣΕΎΣ@contoso.example"),
        ('"anna"@contoso.example', "anna@contoso.example"),
    ],
)
def test_spellings_of_one_mailbox_have_one_key(one, other):
    """Case, Unicode's forms, the domain's two alphabets, quotation marks that are not needed."""
    assert MailAddress.parse(one).key == MailAddress.parse(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna@contoso.example", "ana@contoso.example"),
        ("anna@contoso.example", "anna@fabrikam.example"),
        ("jürgen@contoso.example", "jurgen@contoso.example"),
        ("anna.b@contoso.example", "annab@contoso.example"),
        ("anna@münchen.example", "anna@munchen.example"),
        ("аnna@contoso.example", "anna@contoso.example"),  # The first letter is Cyrillic.
    ],
)
def test_different_mailboxes_have_different_keys(one, other):
    """Nothing is guessed: neither dots, nor accents, nor letters that look alike."""
    assert MailAddress.parse(one).key != MailAddress.parse(other).key


def test_an_address_stays_as_it_was_written():
    """Only its key is folded."""
    assert MailAddress.parse("Anna@Contoso.Example") == "Anna@Contoso.Example"
    assert MailAddress.parse("Anna@MÜNCHEN.example").domain == "xn--mnchen-3ya.example"


@given(ASCII)
def test_ascii_is_compared_without_case(local):
    """Upper, lower and as it is."""
    assert folded_local(local.upper()) == folded_local(local.lower()) == folded_local(local)


@given(LETTERS)
def test_a_folded_local_part_stays_as_it_is(local):
    """Its key's key is the key; and Unicode's four forms differ only as they must."""
    folded = folded_local(local)

    assert folded_local(folded) == folded
    assert folded_local(unicodedata.normalize("NFD", local)) == folded
    assert folded_local(unicodedata.normalize("NFC", local)) == folded


@given(st.text(st.characters(), max_size=80))
def test_anything_has_a_key_that_is_its_own_and_can_be_stored(text):
    """What a stranger sends never makes a comparison fail, half characters and NUL among it."""
    key = key_of(text)

    assert "\0" not in key.encode().decode()

    assert key_of(key) == key
    assert folded_domain(folded_domain(text)) == folded_domain(text)


@pytest.mark.parametrize(
    "wrong", ["anna", "@contoso.example", "anna@", "a b@x.example", "", 5, None]
)
def test_what_is_no_address_is_refused(wrong):
    """With the one error that readers of files expect."""
    with pytest.raises(ValueError, match=r"."):
        MailAddress.parse(wrong)


@pytest.mark.parametrize(
    "wrong", ["[192.0.2.1]", "a b", "", "x..example", f"{'a' * 64}.example", 5]
)
def test_what_is_no_domain_is_refused(wrong):
    """Address literals are no domains to be had."""
    with pytest.raises(ValueError, match=r"."):
        DomainName.parse(wrong)


@pytest.mark.parametrize(
    ("key", "separator", "expected"),
    [
        ("anna+news@x.example", "+", ("anna@x.example", "news")),
        ("anna+a+b@x.example", "+", ("anna@x.example", "a+b")),
        ("anna-news@x.example", "-", ("anna@x.example", "news")),
        ("anna+@x.example", "+", ("anna@x.example", "")),
        ("+anna@x.example", "+", None),
        ("anna@x.example", "+", None),
        ("anna+news@x.example", "", None),
        ('"a b+c"@x.example', "+", None),
    ],
)
def test_a_tag_is_what_follows_the_first_separator(key, separator, expected):
    """RFC 5233; quoted local parts have none."""
    assert without_tag(key, separator) == expected


def test_logins_are_addresses_or_names():
    """An address is compared as one, a name without case."""
    assert folded_login("Printer") == "printer"
    assert folded_login("Anna@MÜNCHEN.example") == "anna@xn--mnchen-3ya.example"


def test_the_domains_above_one_come_nearest_first():
    """They are what patterns are looked for in."""
    assert parents("a.b.example") == ["b.example", "example"]
    assert parents("example") == []
