"""RFC 5321 §4.1.2's paths."""

import time

import pytest
from hypothesis import given, strategies as st

from whybounce.gateway.smtp.paths import (
    PathError,
    read_forward_path,
    read_mailbox,
    read_reverse_path,
)

ATEXT = "abcXYZ019!#$%&'*+/=?^_`{|}~-"
LETTERS = st.text("abcxyz019", min_size=1, max_size=8)
DOT_STRINGS = st.lists(st.text(ATEXT, min_size=1, max_size=8), min_size=1, max_size=4).map(".".join)
CONTENTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
LABELS = st.lists(LETTERS, min_size=1, max_size=3).map("-".join)
DOMAINS = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
LITERALS = st.one_of(
    st.ip_addresses(v=4).map(lambda address: f"[{address}]"),
    st.ip_addresses(v=6).map(lambda address: f"[IPv6:{address}]"),
)
HOSTS = st.one_of(DOMAINS, LITERALS)
ROUTES = st.lists(DOMAINS, min_size=1, max_size=3).map(
    lambda hosts: ",".join(f"@{host}" for host in hosts) + ":"
)


def _quoted(content: str) -> str:
    return '"' + content.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.one_of(st.just(""), ROUTES), DOT_STRINGS, HOSTS)
def test_a_path_is_its_mailbox(route: str, local: str, host: str):
    """RFC 5321 appendix C: a source route is dropped."""
    path = read_forward_path(f"<{route}{local}@{host}> NOTIFY=NEVER")

    assert path.address == f"{local}@{host}"
    assert path.rest == " NOTIFY=NEVER"


@given(CONTENTS, HOSTS)
def test_a_quoted_local_part_has_one_spelling(content: str, host: str):
    """RFC 5321 §4.1.2: what can do without quotation marks is the same without them."""
    once = read_mailbox(f"{_quoted(content)}@{host}")
    needlessly = '"' + "".join(f"\\{char}" for char in content) + '"'

    assert read_mailbox(once) == once
    assert read_mailbox(f"{needlessly}@{host}") == once
    assert once in {f"{content}@{host}", f"{_quoted(content)}@{host}"}


@given(
    st.text(
        st.characters(min_codepoint=0xA1, exclude_categories=["Cc", "Cs", "Co", "Z"]), min_size=1
    )
)
def test_letters_of_all_the_world_are_letters(letters: str):
    """RFC 6531 §3.3."""
    address = f"{letters}@{letters[:20]}.example"

    assert read_mailbox(address) == address


@pytest.mark.parametrize(
    "written",
    [
        "",
        "<",
        "<>",
        "<anna>",
        "<@example.org>",
        "<anna@>",
        "<.anna@example.org>",
        "<anna.@example.org>",
        "<an..na@example.org>",
        "<anna@example.org.>",
        "<anna@.example.org>",
        "<anna@example-.org>",
        "<anna@exa_mple.org>",
        "<anna@example.org",
        "anna@example.org>",
        "<anna@example.org>x",
        "<<anna@example.org>>",
        '<"anna@example.org>',
        '<"an"na@example.org>',
        '<"an\\"@example.org>',
        "<anna(cook)@example.org>",
        "<anna@example.org(home)>",
        "<Anna <anna@example.org>>",
        "<anna @example.org>",
        "<@relay.example:>",
        "<@relay.example>",
        "<relay.example:anna@example.org>",
        "<anna@[192.0.2.1]",
        "<anna@[192.0.2.01x]>",
        "<anna@[::1]>",
        "<anna@[IPv6:192.0.2.1]>",
        "<anna@[IPv6:fe80::1%eth0]>",
        "<anna@a.b\u2028c>",
        "<anna\u00a0b@example.org>",
        f"<anna@{'a' * 64}.example>",
        f"<anna@{'.'.join(['a' * 60] * 5)}>",
        f"<anna@{'.'.join(['ä' * 60] * 3)}>",
    ],
)
def test_what_is_no_path_says_what_is_wrong(written: str):
    """One clear sentence, which quotes nothing of what was sent."""
    with pytest.raises(PathError) as caught:
        read_forward_path(written)

    assert str(caught.value).isascii()
    assert "example" not in str(caught.value)


def test_the_null_path_is_a_return_path_only():
    """RFC 5321 §4.5.5."""
    assert read_reverse_path("<>").address == ""
    assert read_reverse_path(" <> SIZE=3").rest == " SIZE=3"


@pytest.mark.parametrize("written", ["<postmaster>", "<POSTMASTER>", "<PostMaster>"])
def test_postmaster_needs_no_domain(written: str):
    """RFC 5321 §4.5.1, as a recipient."""
    assert read_forward_path(written).address == written[1:-1]
    with pytest.raises(PathError):
        read_reverse_path(written)


@given(st.text())
def test_reading_a_path_returns_or_says_why_not(text: str):
    """Nothing else, whatever a client sends."""
    for read in (read_forward_path, read_reverse_path):
        try:
            path = read(text)
        except PathError:
            continue
        assert not path.rest or path.rest[0] == " "


@pytest.mark.parametrize(
    "piece", ["a", ".", "a.", "-", "a-", '"', "\\", "@", "@a", "@a,", "ä", "["]
)
def test_no_path_takes_long(piece: str):
    """Time is linear in the length: a line of 2 KB is read at once."""
    started = time.thread_time()
    for form in ("<{}@example.org>", "<anna@{}>", "<@{}:anna@example.org>", '<"{}"@a>', "<{}"):
        for _ in range(20):
            try:
                read_forward_path(form.format(piece * (2000 // len(piece))))
            except PathError:
                continue

    assert time.thread_time() - started < 5
