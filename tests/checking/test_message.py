"""A message as its signatures see it: who the author is, whatever From looks like."""

import itertools
import time
from email.headerregistry import AddressHeader

import pytest
from hypothesis import given, strategies as st

from whybounce.checking.domains import to_ascii
from whybounce.checking.message import _PLAIN_FROM, MessageHasher, hashed

AUTHORS = {
    "plain": (b"anna@contoso.example", ("contoso.example",)),
    "with a name": (b"Anna <anna@Contoso.Example>", ("contoso.example",)),
    "a name that is an address": (b'"ceo@bank.example" <eve@evil.example>', ("evil.example",)),
    "an encoded name that is an address": (
        b"=?utf-8?q?ceo=40bank=2Eexample?= <eve@evil.example>", ("evil.example",),
    ),
    "a comment that is an address": (b"eve@evil.example (ceo@bank.example)", ("evil.example",)),
    "a local part with an at sign": (b'"ceo@bank.example"@evil.example', ("evil.example",)),
    "folded": (b"Anna\r\n <anna@contoso.example>", ("contoso.example",)),
    "a group": (b"Staff: a@contoso.example, b@fabrikam.example;", ("contoso.example", "fabrikam.example")),
    "two of one domain": (b"a@contoso.example, b@contoso.example", ("contoso.example",)),
    "two domains": (b"a@contoso.example, b@bank.example", ("contoso.example", "bank.example")),
    "in other letters": ("anna@bücher.example".encode(), ("xn--bcher-kva.example",)),
    "an old route": (b"<@relay.example:anna@contoso.example>", ("contoso.example",)),
    "nobody": (b"undisclosed:;", ()),
    "no domain": (b"anna", ()),
    "nothing": (b"", ()),
}  # fmt: skip


@pytest.mark.parametrize("value, domains", AUTHORS.values(), ids=AUTHORS)
def test_the_author_is_whose_address_stands_in_from(value, domains):
    """And nobody whose address only looks like it."""
    assert hashed(b"To: x\r\nFrom: " + value + b"\r\n\r\nx\r\n").authors == domains


@given(st.from_regex(_PLAIN_FROM, fullmatch=True))
def test_a_plain_from_is_read_as_the_standard_library_reads_it(written):
    parsed: dict[str, object] = {"defects": []}
    AddressHeader.parse(written.strip(), parsed)
    (group,) = parsed["groups"]
    domains = [(to_ascii(each.domain) or each.domain).lower() for each in group.addresses]

    assert list(hashed(f"From: {written}\r\n\r\nx\r\n".encode()).authors) == domains


def test_every_from_field_counts():
    """RFC 5322 §3.6 allows one; a second shows another author to some readers."""
    mail = b"From: a@contoso.example\r\nfrom: b@bank.example\r\n\r\nx\r\n"

    assert hashed(mail).authors == ("contoso.example", "bank.example")


HOSTILE = {
    "comments in comments": b"(" * 8000,
    "quotation marks": b'"' * 8000,
    "backslashes": b"\\" * 8000,
    "everything at once": b'(a<b@c"d;e:' * 700,
    "less of everything": b'(a<b@c"d;e:' * 180,
    "comments in comments that fit": b"(" * 2000,
    "quotation marks that fit": b'"' * 2000,
    "a thousand addresses": b"a@b.example," * 1000,
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_a_from_nobody_can_read_has_no_author(value):
    """Soon, and without an error: DMARC then says that From has a mistake."""
    begun = time.process_time()

    assert hashed(b"From: " + value + b"\r\n\r\nx\r\n").authors == ()
    assert time.process_time() - begun < 0.5


def test_a_hundred_from_fields_have_no_author_and_take_no_longer():
    """Each short enough by itself, and slow to read."""
    begun = time.process_time()

    assert hashed((b"From: " + b'""' * 1000 + b"\r\n") * 120 + b"\r\nx\r\n").authors == ()
    assert time.process_time() - begun < 0.5


@given(mail=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=6))
def test_the_cuts_of_the_network_change_nothing(mail, cuts):
    """The same message in pieces is the same message."""
    whole = b"From: a@b.example\r\nDKIM-Signature: a=rsa-sha256; bh=x; c=relaxed/relaxed\r\n" + mail
    hasher = MessageHasher()
    places = sorted({0, *cuts, len(whole)})
    for start, end in itertools.pairwise(places):
        hasher.feed(whole[start:end])

    assert hasher.finish() == hashed(whole)
