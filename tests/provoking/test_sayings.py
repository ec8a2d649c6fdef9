"""What the world's servers say: words that mean what was asked for."""

import pytest

import whybounce
from whybounce.catalogue import catalogue
from whybounce.provoking.sayings import Sayings, Wanted
from whybounce.vocabulary.status_code import StatusCode

SAYINGS = Sayings(catalogue(), "mx.provoke.example", "provoke.example")
ASKED = [
    Wanted(cause.id, form.status) for cause in whybounce.causes().values() for form in cause.replies
]


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_what_is_said_is_explained_as_that_cause_with_that_code(asked):
    """Each cause of the catalogue, with each code of its own words."""
    saying = SAYINGS.of(asked)
    explanation = whybounce.explain(saying.answer.reply)

    assert (explanation.cause, explanation.status) == (asked.cause, asked.code)
    assert saying.answer.reply[0] == str(asked.code.class_) or asked.cause == "message-expired"


@pytest.mark.parametrize(
    ("name", "cause", "code"),
    [
        ("5.1.10", "recipient-not-found", "5.1.10"),
        ("5.7.620", "banned-sending-ip", "5.7.620"),
        ("4.2.2", "mailbox-full", "4.2.2"),
        ("mailbox-full", "mailbox-full", "5.2.2"),
        ("Mailbox-Full+anything", "mailbox-full", "5.2.2"),
        ("5.9.9", "permanent-failure", "5.9.9"),
    ],
)
def test_a_name_leads_to_a_reply(name, cause, code):
    """A code also of a range, or of nobody; a cause; with a tag to tell one's own mails apart."""
    saying = SAYINGS.of(SAYINGS.wanted(name))

    assert saying.cause == cause
    assert whybounce.explain(saying.answer.reply).status == StatusCode.parse(code)


def test_a_reply_is_one_line_of_ascii():
    """A hyphen behind the code would be the first of several lines."""
    for cause in whybounce.causes():
        saying = SAYINGS.of(Wanted(cause, None))
        if saying is not None:
            assert saying.answer.reply[3] == " "
            assert saying.answer.reply.isascii()
            assert saying.answer.reply.isprintable()


def test_what_shows_in_the_message_is_said_once_it_is_there():
    """A virus at the end of the data, a person at RCPT."""
    assert SAYINGS.of(Wanted("virus-found", None)).answer.at == "."
    assert SAYINGS.of(Wanted("no-such-mailbox", None)).answer.at == "RCPT"


def test_a_code_of_success_is_said_by_nobody():
    """The mail is taken then."""
    assert SAYINGS.of(SAYINGS.wanted("2.0.0")) is None


def test_a_limit_is_a_number():
    """No server says "the limit is the limit"."""
    assert "the limit is 10485760 octets" in SAYINGS.of(SAYINGS.wanted("5.2.3")).answer.reply
    assert (
        "the limit is 100" in SAYINGS.of(SAYINGS.wanted("too-many-recipients=5.5.3")).answer.reply
    )
