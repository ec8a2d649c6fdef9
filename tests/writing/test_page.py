"""What people read: the order, who needs to act, and that text and HTML say the same."""

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from msgspec import structs

import whybounce
from notices import NOON, ORIGINAL, delayed, diagnosed, failed, text_of
from whybounce.catalogue import catalogue
from whybounce.explaining import Explainer
from whybounce.notation import read_reply
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding
from whybounce.vocabulary.notice import NoticeSettings
from whybounce.vocabulary.outcome import Action, Attempt, Outcome
from whybounce.vocabulary.report import Diagnosis, Kind
from whybounce.vocabulary.status_code import StatusCode
from whybounce.writing import Writer

_ICONS = "●◐○"


class _Texts(HTMLParser):
    """Collects what is shown: no styles, no icons."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip(f" \n{_ICONS}"):
            self.texts.append(" ".join(data.split()))


def shown(html):
    """Return the pieces of text that the HTML shows."""
    reader = _Texts()
    reader.feed(html)
    return reader.texts


def squeezed(text):
    """Return the text without what only lays it out."""
    return re.sub(r"[\s`·]+", "", text)


GINA = Outcome(
    "gina@example.org",
    action=Action.DELIVERED,
    status=StatusCode(2, 1, 5),
    remote="mx.example.org",
    last_attempt=NOON,
)
HANS = Outcome("hans@example.info", action=Action.RELAYED, status=StatusCode(2, 1, 9))
EVERYTHING = diagnosed(
    failed(),
    failed("carl@example.org", "550 5.1.1 No such user"),
    failed("dora@example.net", "552 5.2.2 Mailbox full", "mx.example.net"),
    failed("emil@example.com", "550 5.7.1 Denied", "mx.example.com"),
    delayed(
        attempts=(
            Attempt(NOON, "mx.example.edu", read_reply("451 4.7.1 Greylisted")),
            Attempt(None, None, None),
        )
    ),
    GINA,
    HANS,
)
EVERYTHING = Diagnosis(
    EVERYTHING.report,
    EVERYTHING.explanations,
    findings=(Finding(CheckName.MX_RECORD, Answer.HOLDS, "example.org has 2 exchangers"),),
)


@pytest.mark.parametrize("style", ["modern", "classic"])
@pytest.mark.parametrize(
    "diagnosis",
    [
        EVERYTHING,
        diagnosed(failed()),
        diagnosed(delayed(), kind=Kind.DELAY),
        diagnosed(GINA, kind=Kind.SUCCESS),
        diagnosed(HANS, kind=Kind.RELAYED),
    ],
    ids=["everything", "failure", "delay", "success", "relayed"],
)
def test_the_text_has_every_fact_of_the_html(diagnosis, style):
    """Piece by piece; and nothing else but layout distinguishes them."""
    notice = whybounce.write(
        diagnosis,
        original=ORIGINAL,
        style=style,
        organisation="Alpine",
        help_base="https://why.example.com",
        contact="help@alpine.example",
    )
    text = squeezed(text_of(notice))

    assert [piece for piece in shown(text_of(notice, "html")) if squeezed(piece) not in text] == []


@pytest.mark.parametrize("cause", catalogue().causes.values(), ids=lambda cause: cause.id)
def test_exactly_one_party_needs_to_act_whatever_the_cause(cause):
    """Failed or delayed: one of three acts, or nobody because it is being retried."""
    for action in (Action.FAILED, Action.DELAYED):
        diagnosis = diagnosed(failed(action=action))
        explanation = Explainer(catalogue()).explain_as(cause.id, failed(action=action), None)
        notice = whybounce.write(
            structs.replace(diagnosis, explanations=(explanation,)), original=ORIGINAL
        )
        cells = Counter(re.findall(r"Needs to act|Can help|Nothing to do", text_of(notice)))
        nobody = "Nobody: it is being retried" in text_of(notice)

        assert cells["Needs to act"] + nobody == 1
        assert cells.total() in {0, 3}
        assert not (nobody and action is Action.FAILED)


@pytest.mark.parametrize(
    ("reply", "party"),
    [
        ("550 5.1.1 User unknown", "Sender (you)"),
        (
            "550 5.7.1 SPF failure: not allowed to send mail",
            "Sender (your mail administrator)",
        ),
        ("552 5.2.2 Mailbox full", "Recipient (anna@example.org)"),
        (
            "530 5.7.1 Client was not authenticated",
            "Recipient (the mail administrator of example.org)",
        ),
        ("550 5.4.14 Hop count exceeded - possible mail loop", "Recipient (the mail administrator"),
    ],
)
def test_who_needs_to_act_is_named(reply, party):
    """By the role's cell, and as the reader knows them."""
    text = text_of(whybounce.write(diagnosed(failed(reply=reply)), original=ORIGINAL))

    assert re.search(rf"^>> {re.escape(party)}.*: Needs to act$", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("refused_by", "speaker"), [("mx.example.org", "mx.example.org"), (None, "mx1.alpine.example")]
)
def test_what_we_tell_of_a_server_is_not_put_into_its_mouth(refused_by, speaker):
    """That it refused the connection is what we say, and not what it said."""
    outcome = failed(reply="450 4.4.316 Connection refused", rejected_by=refused_by)
    text = text_of(whybounce.write(diagnosed(outcome), original=ORIGINAL))

    assert f"{speaker} said:\n  450 4.4.316 Connection refused" in text.replace("\r", "")


def test_what_matters_comes_first():
    """What happened, who acts, the server's words, what to do, again, pass on; admins last."""
    notice = whybounce.write(diagnosed(failed()), original=ORIGINAL, organisation="Alpine")
    order = [
        "Your message to anna@example.org was not delivered.",
        "No such address at the recipient's domain",
        "Who needs to act",
        "The mail system of example.org does not know anna@example.org.",
        "mx.example.org said:",
        "550 5.1.1 <anna@example.org>: User unknown",
        "What you can do",
        "Will sending again help?",
        "A sentence you can pass on",
        "For mail administrators",
        "550 5.1.1 (Bad destination mailbox address)",
        "Message hops",
        "Original message headers",
        "Reported by mx1.alpine.example.",
    ]
    for text in (text_of(notice), "\n".join(shown(text_of(notice, "html")))):
        places = [" ".join(text.split()).find(words) for words in order]

        assert places == sorted(places)
        assert -1 not in places


def test_the_cause_is_said_once():
    """A calm notice does not repeat itself."""
    text = text_of(whybounce.write(diagnosed(failed()), original=ORIGINAL))

    for words in (
        "No such address",
        "<anna@example.org>: User unknown",
        "was not delivered",
        "Quarterly numbers",
    ):
        assert text.count(words) == 1, words


def test_recipients_with_one_cause_are_told_about_together():
    """One section, both addresses, each server's own words; commands name one that is valid."""
    text = text_of(whybounce.write(EVERYTHING, original=ORIGINAL))

    assert text.count("No such address at the recipient's domain\n---") == 1
    assert "does not know anna@example.org and\ncarl@example.org." in text
    assert "mx.example.org said about carl@example.org:\n  550 5.1.1 No such user" in text
    assert "PS> Get-EXORecipient -Identity 'anna@example.org'" in text
    assert "{recipient}" not in text


def test_many_recipients_are_counted():
    """Three names are a sentence; fifty are not."""
    names = [f"member{number}@example.org" for number in range(50)]
    text = text_of(whybounce.write(diagnosed(*map(failed, names)), original=ORIGINAL))

    assert "does not know member0@example.org and 49 more." in " ".join(text.split())
    assert all(f"  {name}\n" in text for name in names)


def test_the_others_fate_is_told():
    """So that nobody sends to all of them again."""
    text = text_of(whybounce.write(EVERYTHING, original=ORIGINAL))
    others = text.partition("What became of the other recipients")[2].partition("For mail")[0]

    assert "gina@example.org" in others
    assert "hans@example.info" in others
    assert "anna" not in others


def test_a_delay_says_until_when():
    """In the sender's own time, as their Date shows it."""
    text = text_of(whybounce.write(diagnosed(delayed(), kind=Kind.DELAY), original=ORIGINAL))

    assert "Your message to finn@example.edu has not been delivered yet." in text
    assert "It is still being tried, until 2026-03-03 13:00 (UTC+01:00)." in text
    assert "Nobody: it is being retried" in text


def test_a_confirmation_is_short_and_promises_nothing():
    """Delivered is not read."""
    text = text_of(whybounce.write(diagnosed(GINA, kind=Kind.SUCCESS), original=ORIGINAL))

    assert "Your message to gina@example.org was delivered." in text
    assert "does not say that somebody has read it." in " ".join(text.split())
    assert "Needs to act" not in text


def test_who_reports_an_arrival_is_not_excused_for_it():
    """Nothing went wrong that anybody could have caused."""
    arrived = text_of(whybounce.write(diagnosed(GINA, kind=Kind.SUCCESS), original=ORIGINAL))
    lost = text_of(whybounce.write(diagnosed(failed()), original=ORIGINAL))

    assert "Reported by mx1.alpine.example.\n" in arrived
    assert "does not mean that" not in arrived
    assert "does not mean that" in " ".join(lost.split())


def test_a_code_with_several_meanings_is_said_to_have_them():
    """No false certainty."""
    text = text_of(whybounce.write(diagnosed(failed(reply="550 5.7.1 Denied")), original=ORIGINAL))

    assert "550 5.7.1 alone does not tell what happened: it has several meanings" in text
    assert "It can also mean" in text


def test_findings_and_attempts_are_told_to_administrators():
    """What was checked, and each try."""
    text = text_of(whybounce.write(EVERYTHING, original=ORIGINAL))

    assert "mx-record: in order: example.org has 2 exchangers" in " ".join(text.split())
    assert "2026-03-01 12:00 (UTC)  mx.example.edu  451 4.7.1 Greylisted" in text


def test_the_page_of_the_cause_is_linked():
    """Under help_base, or where the operator says."""
    own = {"no-such-mailbox": "https://intranet.alpine.example/bounced"}
    linked = whybounce.write(
        diagnosed(failed()), original=ORIGINAL, help_base="https://why.example.com/"
    )
    named = whybounce.write(diagnosed(failed()), original=ORIGINAL, cause_links=own)

    assert 'href="https://why.example.com/causes/no-such-mailbox"' in text_of(linked, "html")
    assert "https://intranet.alpine.example/bounced" in text_of(named)


def test_an_untranslated_cause_is_marked_with_its_language():
    """A screen reader must know which voice to take. Made with a language that has a frame only."""
    known = catalogue()
    frame = {**known.frames["en"], "direction": "rtl"}
    foreign = replace(known, frames={**known.frames, "ar": frame}, translations={"ar": {}})
    notice = Writer(foreign).write(diagnosed(failed()), NoticeSettings(language="ar"), ORIGINAL)
    html = text_of(notice, "html")

    assert '<html lang="ar" dir="rtl">' in html
    assert re.search(r'<h2[^>]* lang="en" dir="ltr">No such address', html)
    assert b"Content-Language: ar\r\n" in notice


def test_classic_has_the_layout_that_administrators_know():
    """The seeds' own example."""
    outcome = Outcome(
        recipient="ronald@contoso.com",
        action=Action.FAILED,
        status=StatusCode(5, 7, 1),
        reply=read_reply("530 5.7.1 Client was not authenticated"),
        remote="mail.contoso.com",
        rejected_by="mail.contoso.com",
        reply_from="exchange.contoso.com",
    )
    diagnosis = diagnosed(outcome, generator="alpineskihouse.com")

    text = text_of(whybounce.write(diagnosis, original=ORIGINAL, style="classic"))

    assert (
        "Diagnostic information for administrators:\n\n"
        "Generating server: alpineskihouse.com\n\n"
        "ronald@contoso.com\n"
        "mail.contoso.com #<exchange.contoso.com #5.7.1 smtp;530 5.7.1 Client was not"
        " authenticated> #SMTP#\n\n"
        "Original message headers:\n\nReturn-Path: "
    ) in text
    assert whybounce.explain(text).cause == "client-not-authenticated"


def test_classic_is_read_in_paragraphs():
    """Reason, who refused, steps, and whether sending again helps stand apart."""
    text = text_of(whybounce.write(diagnosed(failed()), original=ORIGINAL, style="classic"))

    assert "\n\nThe message was rejected by mx.example.org.\n\n 1. " in text
    assert "\n\nWill sending again help? " in text


def test_classic_says_when_the_generating_server_itself_refused():
    """Exchange's other notation, with the address that was written to."""
    outcome = failed(
        "anna@example.org",
        "550 5.1.1 Not in the directory",
        remote=None,
        original_recipient="team@example.org",
    )

    text = text_of(whybounce.write(diagnosed(outcome), original=ORIGINAL, style="classic"))

    assert "\n#550 5.1.1 Not in the directory ##rfc822;team@example.org\n" in text


def test_classic_names_people_as_the_original_did():
    """Name and address."""
    text = text_of(whybounce.write(diagnosed(failed()), original=ORIGINAL, style="classic"))

    assert "\nAnna Example (anna@example.org)\n" in text


def test_no_line_is_mangled_in_an_mbox():
    """Which puts a mark before a line that begins with "From "."""
    text = text_of(whybounce.write(EVERYTHING, original=ORIGINAL))

    assert not re.search(r"^From ", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("550 5.1.10 Recipient not found", "550 5.1.10"),
        ("556 5.1.10 This domain has a null MX", "556 5.1.10 (Recipient address has null MX)"),
        ("550 5.7.27 SPF check failed", "550 5.7.27"),
        ("554 5.4.7 Message expired", "554 5.4.7 (Delivery time expired)"),
    ],
)
def test_a_codes_registered_name_stands_beside_it_unless_it_means_something_else_here(reply, code):
    """Exchange says 5.1.10 of an address that does not exist; IANA has that number for null MX."""
    text = text_of(whybounce.write(diagnosed(failed(reply=reply)), original=ORIGINAL))

    assert re.search(r"Status code: +(.+)", text)[1] == code
