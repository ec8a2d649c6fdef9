"""What became of a message, told from the store's rows: every kind of happening, and any words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unicodedata import category

import pytest
from hypothesis import given, strategies as st

from whybounce.gateway.operating.lives import events_told, life_told
from whybounce.gateway.operating.sentences import event_sentence, sentence
from whybounce.gateway.store.rows import (
    Attempt,
    Entry,
    Event,
    Life,
    Outcome,
    QueuedMessage,
    QueuedRecipient,
    Session,
    State,
    Terminal,
    Told,
)
from whybounce.vocabulary.envelope import BodyType

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MESSAGE = QueuedMessage(
    id="0P9UTKFUKTECL",
    sender="anna@example.org",
    ret=None,
    envid=None,
    body_type=BodyType.SEVEN_BIT,
    smtputf8=False,
    session=Session(client="192.0.2.1", helo="mail.example.org", tls="TLSv1.3"),
    arrived=NOW,
    expires=NOW + timedelta(days=5),
    size=1000,
    message_id="<1@example.org>",
    subject="Minutes",
    about=None,
    finished=None,
)
BEN = QueuedRecipient(0, "ben@example.net", "example.net", State.QUEUED, NOW, None, 0, None)
COPIED = (
    "Copied for 1 recipient: the address it was sent to is a group, an alias or forwards its mail."
)
TOO_LATE = Outcome(
    NOW, Terminal.EXPIRED, "message-expired", "4.4.7", "451 later", "mx", Told.WITHHELD, None
)


def _life(
    message: QueuedMessage = MESSAGE,
    recipient: QueuedRecipient = BEN,
    attempts: tuple[Attempt, ...] = (),
    events: tuple[Event, ...] = (),
) -> Life:
    return Life(Entry(message, (recipient,)), attempts, events)


def _texts(life: Life) -> list[str]:
    return [each.text for each in life_told(life, lambda _: "greylisted").happenings]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            MESSAGE,
            "Taken from mail.example.org [192.0.2.1], encrypted with TLSv1.3, for 1 recipient.",
        ),
        (
            replace(MESSAGE, session=Session(client="192.0.2.1", helo="[192.0.2.1]", account="a")),
            "Taken from [192.0.2.1], signed in as a, not encrypted, for 1 recipient.",
        ),
        (
            replace(MESSAGE, session=Session()),
            "Taken from an unknown client, not encrypted, for 1 recipient.",
        ),
        (
            replace(MESSAGE, session=None, about="0P9"),
            "Written here for 1 recipient: a notice about message 0P9.",
        ),
        (replace(MESSAGE, session=None), "Written here for 1 recipient."),
        (
            replace(MESSAGE, session=Session(facts={"expanded": "yes"})),
            COPIED,
        ),
    ],
)
def test_how_it_came_is_told(message, said):
    """By whom, or that it was written here, and what for."""
    assert _texts(_life(message))[0] == said


def test_a_subject_is_told_as_people_read_it():
    """Whatever alphabet it is in, RFC 2047."""
    written = "=?utf-8?b?w5xiZXJ3ZWlz?= =?iso-8859-1?q?ung_f=FCr?= Ben"
    told = life_told(_life(replace(MESSAGE, subject=written)), lambda _: None)

    assert told.message.subject == "Überweisung für Ben"


@pytest.mark.parametrize(
    ("attempt", "said", "cause"),
    [
        (
            Attempt(0, NOW, "mx", "192.0.2.7", "TLSv1.3 (dane)", "RCPT", 451, None, "451 Later"),
            "mx [192.0.2.7] answered RCPT, encrypted with TLSv1.3 (dane): 451 Later",
            "greylisted",
        ),
        (
            Attempt(0, NOW, "mx", "192.0.2.7", error="connection-refused: nobody listens"),
            "mx [192.0.2.7]: The recipient's server refused the connection: nobody listens.",
            "connection-refused",
        ),
        (
            Attempt(0, NOW, error="no-such-thing: strange"),
            "The cause is not known: no-such-thing: strange.",
            None,
        ),
        (
            Attempt(0, NOW, "here", reply="2.0.0 Delivered", code=250),
            "here said: 2.0.0 Delivered",
            None,
        ),
    ],
)
def test_what_a_server_said_or_what_was_in_the_way_is_told(attempt, said, cause):
    """In its own words, under its name and address."""
    told = life_told(_life(attempts=(attempt,)), lambda _: "greylisted").happenings[1]

    assert (told.text, told.cause) == (said, cause)


def test_the_end_and_what_became_of_the_notice_are_told_last():
    """With the cause by its title, and its owner beside the recipient."""
    recipient = replace(BEN, state=State.DONE, due=None, outcome=TOO_LATE)
    told = life_told(_life(recipient=recipient), lambda _: None)

    assert [each.kind for each in told.happenings] == ["accepted", "expired", "report"]
    assert told.happenings[1].text.startswith("Given up because its time has run out: ")
    assert told.happenings[2].text == (
        "The sender is not told: the return path is probably forged."
    )
    assert told.message.recipients[0].owner == "recipient-admin"


@pytest.mark.parametrize(
    ("text", "cause", "said"),
    [
        ("spam-content by x (a: b): 550 5.7.1 No", "spam-content", "550 5.7.1 No"),
        ("spam-content: 550 5.7.1 No", "spam-content", "550 5.7.1 No"),
        ("spam-content: a note", "spam-content", "a note"),
        ("no-cause: 550 No", None, "no-cause: 550 No"),
        ("", None, None),
    ],
)
def test_a_verdict_is_taken_apart(text, cause, said):
    """Into its cause, the policy, and the words that the client got."""
    (told,) = events_told((Event(NOW, "refused", "inbound", text, address="x@y.z"),)).happenings

    assert (told.cause, told.said, told.recipient) == (cause, said, "x@y.z")


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_said_ends_no_line_and_fills_no_place(kind, words, address):
    """A stranger's words are shown, and do nothing."""
    event = Event(NOW, kind, "{text}", words, MESSAGE.id, 0, address)
    attempt = Attempt(0, NOW, words, address, words, words, 550, None, words)
    told = life_told(_life(attempts=(attempt,), events=(event,)), lambda _: None)

    for each in told.happenings:
        written = f"{each.text}{each.said}"
        assert not {category(letter) for letter in written} & {"Cc", "Zl", "Zp"}


def test_sentences_are_filled_once():
    """What a value holds is no place to fill."""
    assert sentence("relayed", remote="{remote}") == "Handed over to {remote}."
    assert event_sentence("novelty", who="olga", text="{kind}") == "novelty, olga: {kind}"
