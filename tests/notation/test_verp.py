"""Whom a message was sent to, by the address its bounce came back to."""

import pytest
from hypothesis import given, strategies as st

from whybounce.notation.verp import SentTo, VerpPattern, sent_to


def of(address: str, *named: str, pattern: str | None = None) -> str | None:
    """Return the recipient written in the address that a bounce was delivered to."""
    parsed = VerpPattern.parse(pattern) if pattern else None
    found = sent_to([("Delivered-To", address)], named=named, pattern=parsed)
    return found.recipient if found else None


@pytest.mark.parametrize(
    ("address", "recipient"),
    [
        ("news-bounces+anna=example.org@lists.example.net", "anna@example.org"),
        ("<news-bounces+anna=example.org@lists.example.net>", "anna@example.org"),
        ("news-bounces+anna.maria-b+tag=mail.example.org@x.example", "anna.maria-b+tag@mail.example.org"),
        ("news-return-42-anna-maria=example.org@x.example", "anna-maria@example.org"),
        ("bounces+123456-ab1c-anna-maria=example.org@em.example", "anna-maria@example.org"),
        ("owner+anna=example.org@x.example", "anna@example.org"),
        ("bounce-anna=example.org@x.example", "anna@example.org"),
        ("news-bounces+o=k=example.org@x.example", "o=k@example.org"),
        ("news-bounces+anna=bücher.example@x.example", "anna@bücher.example"),
    ],
)  # fmt: skip
def test_the_usual_forms_are_read(address, recipient):
    """Mailman, ezmlm, SendGrid, Postfix, qmail."""
    assert of(address) == recipient


@pytest.mark.parametrize(
    "address",
    [
        "anna@example.org",
        "anna+news@example.org",
        "a=b@example.org",
        "SRS0=HHHH=TT=example.org=anna@forwarder.example",
        "srs1+HHHH=x==HHHH=TT=example.org=anna@forwarder.example",
        "prvs=0123abcdef=anna@example.org",
        "prvs=1+anna=example.org@example.org",
        "anna+caf_=berta=example.org@gmail.com",
        "news-bounces+anna=localhost@x.example",
        "news-bounces+=example.org@x.example",
        "owner-big-news-anna=example.org@x.example",
        "track+42-xyz-anna=example.org@x.example",
        "",
    ],
)
def test_what_only_looks_so_and_what_is_not_clear_is_left_alone(address):
    """Rewritten senders; addresses whose recipient might begin in several places."""
    assert of(address) is None


def test_a_recipient_that_the_report_names_decides_where_it_begins():
    """As the report writes it."""
    assert of("owner-big-news-anna=example.org@x.example", "Anna@Example.org") == "Anna@Example.org"
    assert (
        of("track+42-xyz-anna-maria=example.org@x", "anna-maria@example.org")
        == "anna-maria@example.org"
    )
    assert of("owner-big-news-anna=example.org@x.example", "berta@example.org") is None


def test_a_forwarded_mail_is_that_of_whom_it_was_sent_to():
    """The report names another address; the one written in the sender's stands."""
    assert of("news-bounces+anna=example.org@x.example", "berta@example.net") == "anna@example.org"


@pytest.mark.parametrize(
    ("pattern", "address", "recipient"),
    [
        ("bounce-*-{local}={domain}@x.example", "bounce-42-an-na=example.org@x.example", "an-na@example.org"),
        ("b.{domain}.{local}@x.example", "B.example.org.anna@X.example", "anna@example.org"),
        ("{local}#{domain}@*", "anna#example.org@any.example", "anna@example.org"),
        ("bounce-{local}={domain}@x.example", "news-bounces+anna=example.org@x.example", None),
    ],
)  # fmt: skip
def test_a_pattern_reads_its_own_form_and_no_other(pattern, address, recipient):
    """Where somebody says how they write, nothing is guessed."""
    assert of(address, pattern=pattern) == recipient


@pytest.mark.parametrize("pattern", ["", "bounce@x.example", "{local}{local}={domain}", "{domain}"])
def test_a_pattern_that_names_no_recipient_is_refused(pattern):
    """It would match and tell nothing."""
    with pytest.raises(ValueError, match="not once"):
        VerpPattern.parse(pattern)


def test_every_place_is_looked_at_and_the_most_certain_wins():
    """The bounce's envelope, its To, the original's Return-Path, the envelope id."""
    to = ("To", "Mail <a-bounces+to=example.org@x.example>")
    delivered = ("delivered-to", "a-bounces+delivered=example.org@x.example")
    returned = ("Return-Path", "<a-bounces+path=example.org@x.example>")

    assert sent_to([to, delivered], [returned]).recipient == "delivered@example.org"
    assert sent_to([to], [returned]) == SentTo(
        "to@example.org", "the recipient written in To, a-bounces+to=example.org@x.example"
    )
    assert sent_to([("To", "news@x.example")], [returned]).recipient == "path@example.org"
    assert sent_to([returned]) is None


def test_an_envelope_id_is_decoded_first():
    """It is xtext, RFC 3461 §4: a plus sign stands as +2B, an equals sign as +3D."""
    found = sent_to([], envelope_id="news-bounces+2Banna+3Dexample.org")

    assert found.recipient == "anna@example.org"
    assert "Original-Envelope-Id" in found.rule
    assert sent_to([], envelope_id="QQ314159") is None


atoms = st.text("abcXYZ019._~-+", min_size=1, max_size=20).filter(lambda text: text[0] not in "+-")
domains = st.from_regex(r"\A([a-z0-9]{1,10}\.){1,3}[a-z]{2,6}\Z")


@given(atoms, domains)
def test_what_is_written_in_the_usual_way_is_read_back(local, domain):
    """Any recipient that Mailman can write."""
    assert of(f"news-bounces+{local}={domain}@x.example") == f"{local}@{domain}"


@given(st.text(max_size=400), st.text(max_size=50))
def test_no_text_makes_it_raise(value, envelope_id):
    """Whatever a stranger writes."""
    sent_to([("To", value)], [("Return-Path", value)], envelope_id, named=[value])
