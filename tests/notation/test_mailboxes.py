"""The addresses of From, as people and programs write it."""

import time

import pytest
from hypothesis import given, strategies as st

from whybounce.notation import mailboxes


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("anna@contoso.example", ["anna@contoso.example"]),
        ("<anna@contoso.example>", ["anna@contoso.example"]),
        ("Anna Arendt <anna@contoso.example>", ["anna@contoso.example"]),
        ('"Arendt, Anna (Sales)" <anna@contoso.example>', ["anna@contoso.example"]),
        ("Arendt, Anna <anna@contoso.example>", ["anna@contoso.example"]),
        ("Dr. Anna A. Arendt <anna@contoso.example>", ["anna@contoso.example"]),
        ("anna@contoso.example (Anna (the elder) Arendt)", ["anna@contoso.example"]),
        ("(who\\)ever) anna@contoso.example", ["anna@contoso.example"]),
        ("anna @ contoso . example", ["anna@contoso.example"]),
        ("Anna <@relay.example,@other.example:anna@contoso.example>", ["anna@contoso.example"]),
        ('"anna arendt"@contoso.example', ['"anna arendt"@contoso.example']),
        ("anna@[192.0.2.1]", ["anna@[192.0.2.1]"]),
        ("anna@[IPv6:2001:db8::1]", ["anna@[IPv6:2001:db8::1]"]),
        ("jürgen@münchen.example", ["jürgen@münchen.example"]),
        ("संपर्क@डाटा.example", ["संपर्क@डाटा.example"]),
        ("=?utf-8?q?J=C3=BCrgen?= <jj@contoso.example>", ["jj@contoso.example"]),
        ("a@x.example, Ben <b@y.example>", ["a@x.example", "b@y.example"]),
        ("Team: a@x.example, b@y.example;", ["a@x.example", "b@y.example"]),
        ("a..b.@x.example", ["a..b.@x.example"]),
        ("root@localhost", ["root@localhost"]),
        ('"Anna <anna@contoso.example>', ["anna@contoso.example"]),
        ("Anna <anna@contoso.example> (home)", ["anna@contoso.example"]),
        (
            "bounces+anna=contoso.example@lists.example",
            ["bounces+anna=contoso.example@lists.example"],
        ),
        ("a/b=c{d}|e~f@x.example", ["a/b=c{d}|e~f@x.example"]),
    ],
)
def test_an_address_is_read_as_it_is_written(written, read):
    assert list(mailboxes(written)) == read


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "Anna Arendt",
        "MAILER-DAEMON",
        "Anna Arendt anna@contoso.example",
        "Anna <anna>",
        "Anna <anna@>",
        "Anna <@contoso.example>",
        "Anna <anna@contoso.example",
        "Anna <>",
        "anna@contoso@example",
        "anna@contoso..example",
        "anna@conto/so.example",
        "anna@con^toso.example",
        "(anna@contoso.example)",
        '"anna@contoso.example"',
        "undisclosed senders:;",
        "anna at contoso.example",
        ",,;:<>",
    ],
)
def test_what_nobody_can_answer_is_no_address(written):
    assert mailboxes(written) == ()


@given(st.text(alphabet='ab@.,:;<>()[]"\\ \t\u00fc\ufffd'))
def test_nothing_makes_it_raise(written):
    for address in mailboxes(written):
        assert "@" in address


@pytest.mark.parametrize("piece", ["(", '"', "\\", "<", "[", 'a"', "a@", "a.", "(\\", "@a,", '\\"'])
def test_long_nonsense_is_passed_over_quickly(piece):
    began = time.thread_time()

    mailboxes(piece * 200_000)

    assert time.thread_time() - began < 5
