"""What domains write about their mail servers, read as RFC 8461 has it."""

import time

import pytest
from hypothesis import given, strategies as st

from whybounce.checking.mta_sts import Mode, StsPolicy, Unreadable, read_policy, read_record

RECORDS = [
    (["v=STSv1; id=20160831085700Z;"], "20160831085700Z"),
    (["v=STSv1;id=1"], "1"),
    (["v=STSv1; more=1; id=a; id=b"], "a"),
    (["v=spf1 -all", "v=STSv1; id=1;"], "1"),
    ([], "0 TXT records"),
    (["v=STSv1; id=1;", "v=STSv1; id=2;"], "2 TXT records"),
    (["v=STSv12; id=1;"], "does not begin"),
    (["v=STSv1;"], "has no id"),
    (["v=STSv1; id=;"], "letters or digits"),
    (["v=STSv1; id=a-b;"], "letters or digits"),
    ([f"v=STSv1; id={'a' * 33};"], "letters or digits"),
]


@pytest.mark.parametrize(("values", "expected"), RECORDS)
def test_a_record_names_the_policy_or_it_is_said_why_not(values, expected):
    """RFC 8461 §3.1: one record, and its id."""
    found = read_record(values)

    if isinstance(found, Unreadable):
        assert expected in found.why
    else:
        assert found == expected


GOOD = "version: STSv1\nmode: enforce\nmx: mail.example.com\nmx: *.example.net\nmax_age: 604800\n"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.rstrip(),
        GOOD.replace(": ", ":   ").replace("\n", "  \n"),
        GOOD.replace("mail.", "MAIL."),
        f"{GOOD}mode: none\nmax_age: 1\nunknown: field\n",
        f"\n{GOOD}\n",
    ],
)
def test_a_policy_is_read_as_it_is_meant(text):
    """RFC 8461 §3.2: any line end, any order, the first of what is said twice, and unknown fields."""
    assert read_policy(text) == StsPolicy(
        Mode.ENFORCE, 604_800, ("mail.example.com", "*.example.net")
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "version"),
        (GOOD.replace("STSv1", "STSv2"), "version"),
        (GOOD.replace("enforce", "strict"), "mode"),
        (GOOD.replace("604800", "soon"), "max_age"),
        (GOOD.replace("604800", "-1"), "max_age"),
        (GOOD.replace("604800", "9" * 11), "max_age"),
        (GOOD.replace("max_age: 604800\n", ""), "max_age"),
        ("version: STSv1\nmode: enforce\nmax_age: 1\n", "no mx"),
        (f"{GOOD}mx: two words\n", "names no host"),
        (f"{GOOD}mx: mail.*.example\n", "names no host"),
        (f"{GOOD}mx:\n", "names no host"),
        (GOOD + "mx: a.example\n" * 300, "more than 256"),
        ("<html>Welcome</html>", "line 1"),
    ],
)
def test_what_is_no_policy_is_said(text, why):
    """In a sentence that names the line to mend."""
    found = read_policy(text)

    assert isinstance(found, Unreadable)
    assert why in found.why


def test_a_line_full_of_blanks_takes_no_time():
    """A stranger's page, read while mail waits."""
    begun = time.process_time()

    assert read_policy(f"version: STSv1\nmx: x{' ' * 60_000}y \n") == Unreadable(
        "its mode is none of enforce, testing and none"
    )
    assert time.process_time() - begun < 1


def test_a_policy_that_ends_one_needs_no_hosts():
    """RFC 8461 §8.3; and nothing is kept for longer than a year."""
    assert read_policy("version: STSv1\nmode: none\nmax_age: 9999999999\n") == StsPolicy(
        Mode.NONE, 31_557_600
    )


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("mail.example.com", True),
        ("MAIL.example.com.", True),
        ("a.example.net", True),
        ("a.b.example.net", False),
        ("example.net", False),
        ("xexample.net", False),
        ("mail.example.com.evil.example", False),
    ],
)
def test_a_wildcard_stands_for_one_label(host, covered):
    """RFC 8461 §4.1."""
    policy = read_policy(GOOD)

    assert isinstance(policy, StsPolicy)
    assert policy.covers(host) is covered
    assert "\n".join(policy.lines) + "\n" == GOOD


@given(st.text(max_size=300), st.lists(st.text(max_size=100), max_size=3))
def test_no_text_makes_reading_raise(text, values):
    """Whatever a web server or a zone says."""
    assert read_policy(text)
    assert read_record(values)
