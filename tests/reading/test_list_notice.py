"""A list's program tells who wrote to the list that the message was refused, or waits."""

import pytest

from whybounce.reading.list_notice import read
from whybounce.vocabulary.report import Kind

REFUSED = [
    ("You are not a member of this list", "You are not a member of <list@example.org>."),
    ("NOT MEMBER article from chris@example.net", "Your mail to <list@example.org> stays out."),
    ("Hello", "You (chris@example.net) are not a member of <list@example.org>."),
]


@pytest.mark.parametrize(("subject", "text"), REFUSED, ids=[words for words, _ in REFUSED])
def test_a_post_of_somebody_who_is_no_member_was_refused(message, subject, text):
    """Who did not get it is the list, not who wrote to it."""
    mail = f"From: owner-list@example.org\nTo: chris@example.net\nSubject: {subject}\n\n{text}\n"
    report = read(message(mail))

    assert report.kind is Kind.FAILURE
    assert [outcome.recipient for outcome in report.outcomes] == ["list@example.org"]


def test_a_welcome_of_a_list_is_no_refusal(message):
    """It speaks of members, too."""
    words = "You are now a member of <list@example.org>."
    mail = f"From: owner-list@example.org\nTo: chris@example.net\nSubject: Hello\n\n{words}\n"

    assert read(message(mail)) is None


POSTS = [
    "Sender: list-bounces@example.org\nTo: chris@example.net\nCc: list@example.org",
    "From: list-request@example.org\nTo: list@example.org\nSubject: List Digest, Vol 5",
    "Sender: owner-list@example.org\nTo: chris@example.net\nList-Post: <mailto:list@example.org>",
]


@pytest.mark.parametrize("header", POSTS, ids=["a copy to the list", "a digest", "one of many"])
def test_a_post_about_a_refusal_is_none(message, header):
    """Members write to each other about what was refused, and their list's program passes it on."""
    assert read(message(f"{header}\n\nMy mail has been rejected. You are not a member?\n")) is None


@pytest.mark.parametrize(
    ("writer", "text"),
    [
        ("it-help@example.org", "Your request for a chair has been rejected. Ask bea@example.org."),
        ("hr-admin@example.org", "Your holiday awaits the approval: it is held until Monday."),
        ("owner-news@example.org", "The plan has been rejected. Write to bea@example.org."),
    ],
)
def test_what_a_help_desk_refuses_is_no_post(message, writer, text):
    """Only what speaks of a list, or comes from a list's program, is about one."""
    assert read(message(f"From: {writer}\nTo: chris@example.net\n\n{text}\n")) is None


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("The results of your email commands", "You are not a member of the users mailing list."),
        ("Request to mailing list Users rejected", "Your subscription request has been rejected."),
    ],
)
def test_an_answer_to_who_wants_to_join_or_leave_is_no_refused_post(message, subject, text):
    """Nobody's message was kept from the list."""
    mail = f"From: users-request@example.org\nSubject: {subject}\n\n{text}\n"

    assert read(message(mail)) is None


def test_a_list_on_a_server_called_listserv_is_found_in_the_subject(message):
    """The program's own address is not whom the message was for."""
    mail = (
        "From: LISTSERV@listserv.example.org\nTo: chris@example.net\n"
        "Subject: Rejected posting to NEWS@listserv.example.org\n\nYou are not authorized to post.\n"
    )

    assert read(message(mail)).outcomes[0].recipient.lower() == "news@listserv.example.org"
