"""Every way servers write a reply is read to the same three things: code, status, words."""

import pytest
from hypothesis import given, strategies as st

from whybounce.notation import fold, read_reply
from whybounce.notation.folding import LONGEST_REPLY

CASES = [
    ("5.7.1", None, "5.7.1", ""),
    ("#5.7.1", None, "5.7.1", ""),
    ("550", 550, None, ""),
    ("550 5.7.1", 550, "5.7.1", ""),
    ("550 5.7.1 Unable to relay", 550, "5.7.1", "Unable to relay"),
    ("550-5.7.1 one\r\n550-5.7.1 and two\r\n550 5.7.1 three", 550, "5.7.1", "one and two three"),
    ("550-Verification failed\n550-No such user\n550 Sender verify failed", 550, None,
     "Verification failed No such user Sender verify failed"),
    ("550-5.1.1 try 550-5.1.1 again 550 5.1.1 now", 550, "5.1.1", "try again now"),
    ("smtp; 550 5.7.1 no", 550, "5.7.1", "no"),
    ("SMTP;550 5.7.1 no", 550, "5.7.1", "no"),
    ("550 #5.7.1 no", 550, "5.7.1", "no"),
    ("550 (#5.1.1) no", 550, "5.1.1", None),
    ("550 : User unknown", 550, None, "User unknown"),
    ("554 delivery error: dd", 554, None, "delivery error: dd"),
    ("452-4.2.2 The inbox is full", 452, "4.2.2", "The inbox is full"),
    ("Delivery failed: 550 5.1.1 no such user", 550, "5.1.1", None),
    ("connect to mx[192.0.2.1]:25: Connection refused", None, None,
     "connect to mx[192.0.2.1]:25: Connection refused"),
    ("Exim version 4.96.1 at 192.0.2.1", None, None, "Exim version 4.96.1 at 192.0.2.1"),
    ('550 5.1.1 unknown user: "anna"', 550, "5.1.1", 'unknown user: "anna"'),
    ("550 5.7.606 Access denied", 550, "5.7.606", "Access denied"),
    ("", None, None, ""),
]  # fmt: skip


CODES_ALONE = [
    ("SMTP error 421", 421),
    ("SMTP error (550)", 550),
    ("SMTP server error: 535", 535),
    ("server error: 554", 554),
    ("error code 550, giving up", 550),
    ("status code 452", 452),
    ("SmtpStatusCode=550", 550),
    ("The server responded with: 550.", 550),
    ("[Status: Error, ResponseCode 421, Host not reachable.]", 421),
    ("Server returned '550'", 550),
    ("SMTP-Fehler 550", 550),
    ("#550", 550),
    ("code 550", 550),
    ("HTTP error 404", None),
    ("error 5501", None),
    ("error 10.1.2.550", None),
    ("area code 450", None),
    ("Your message went to 550 people, error", None),
]


@pytest.mark.parametrize(("text", "code"), CODES_ALONE, ids=[case[0] for case in CODES_ALONE])
def test_a_code_without_words_is_read_where_words_before_it_announce_one(text, code):
    """So programs say it, and so people pass it on; other numbers are none."""
    assert code == read_reply(text).code


@pytest.mark.parametrize(("text", "code", "status", "words"), CASES, ids=[c[0][:30] for c in CASES])
def test_a_reply_is_read(text, code, status, words):
    """Numbers apart from words; continuation lines become one."""
    reply = read_reply(text)

    assert code == reply.code
    assert status == (str(reply.status) if reply.status else None)
    assert words is None or words == reply.text


WRAPPED = [
    ("550 5.1.351 Remote server returned unknown recipient -> 550 User unknown",
     ["550 5.1.351 Remote server returned unknown recipient", "550 User unknown"]),
    ("550 5.4.300 Message expired -> 450 4.4.317 Cannot connect -> 421 4.4.2 Connection dropped",
     ["550 5.4.300 Message expired", "450 4.4.317 Cannot connect", "421 4.4.2 Connection dropped"]),
    ("554 5.4.0 <ex.example.org #5.4.14 smtp; 554 5.4.14 Hop count exceeded>",
     ["554 5.4.0", "554 5.4.14 Hop count exceeded"]),
    ("< #5.1.1 smtp;550 5.1.1 <anna@example.org>... User unknown>",
     ["550 5.1.1 <anna@example.org>... User unknown"]),
    ("550 5.1.1 User unknown 09:14:34 --> QUIT", ["550 5.1.1 User unknown 09:14:34 --> QUIT"]),
    ("5.1.0 - Unknown address error 550-'5.1.1 no such user'",
     ["5.1.0 Unknown address error", "550 5.1.1 no such user"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "chain"), WRAPPED, ids=[case[0][:30] for case in WRAPPED])
def test_a_wrapper_is_unwrapped_to_the_last(text, chain):
    """What stands inside is a reply of its own."""
    found, reply = [], read_reply(text)
    while reply is not None:
        found.append(str(reply))
        reply = reply.inner

    assert chain == found


def test_a_bracketed_reason_is_an_inner_reply():
    """Exchange names the remote's words in [Message=…]; they decide."""
    reply = read_reply("450 4.4.317 Cannot connect [Message=451 5.7.3 STARTTLS is required]")

    assert str(reply.innermost) == "451 5.7.3 STARTTLS is required"
    assert str(reply.status) == "4.4.317"


def test_the_brackets_inner_name_is_who_replied():
    """<host #code smtp;reply>: the host wrote it."""
    reply = read_reply("<ex.example.org #5.7.1 smtp;530 5.7.1 Client was not authenticated>")

    assert reply.host == "ex.example.org"


def test_folding_makes_replies_comparable():
    """One case, straight quotes, short dashes, single blanks, a bounded length."""
    said = "550 5.1.1  Blocked \u2013 the \u201cUSER\u201d isn\u2019t\n here "
    folded = fold(read_reply(said + "x" * 9000))

    assert folded.startswith('550 5.1.1 blocked - the "user" isn\'t here')
    assert len(folded) <= LONGEST_REPLY


@given(st.text())
def test_no_text_makes_reading_raise(text):
    """Whatever stands there, a Reply comes back."""
    assert read_reply(text) is not None


@given(
    st.lists(
        st.sampled_from(["->", "550 ", "5.7.1 ", "<a #", "smtp;", ">", "'", "\n", "[Message="])
    )
)
def test_no_heap_of_marks_makes_reading_raise(marks):
    """Neither do the marks of wrappers, in any order and depth."""
    assert read_reply(" ".join(marks)) is not None
