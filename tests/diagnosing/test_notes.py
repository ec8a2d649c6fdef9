"""Notes: what the headers show beyond the report, with evidence and without false certainty."""

import time
from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

import whybounce
from whybounce.catalogue import catalogue
from whybounce.diagnosing.names import is_public, organisation
from whybounce.vocabulary.note import Note, NoteId, NoteMeaning
from whybounce.wording import Speaker

EXPIRED = "550 5.4.300 Message expired -> 452 4.2.2 Mailbox full"

LOOP = "".join(
    f"Received: from {one} by {other} with ESMTP id {number}; Sun, 1 Nov 2026 10:00:{number:02} +0000\n"
    for number in range(40, 0, -2)
    for one, other in (("b.example.net", "a.example.com"), ("a.example.com", "b.example.net"))
)


def bounce(
    header: str = "",
    *,
    said: str = "550 5.1.1 User unknown",
    remote: str | None = "mx.example.org",
    generator: str = "Reporting-MTA: dns; out.example.com\n",
    original_recipient: str = "",
    action: str = "failed",
    to: str = "anna@example.org",
    report: str = "",
) -> bytes:
    """Return a delivery status report about a message with that header."""
    return f"""\
{report}From: Mail Delivery System <mailer-daemon@example.com>
Subject: Undelivered Mail Returned to Sender
Date: Sun, 1 Nov 2026 16:00:00 +0000
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: message/delivery-status

{generator}
Final-Recipient: rfc822; anna@example.org
{f"Original-Recipient: rfc822; {original_recipient}" if original_recipient else "X-Nothing: 1"}
Action: {action}
Status: {said.split(" ")[1]}
{f"Remote-MTA: dns; {remote}" if remote else "X-Nothing: 2"}
Diagnostic-Code: smtp; {said}

--x
Content-Type: text/rfc822-headers

{header}From: Chris <chris@example.com>
To: {to}
Date: Sun, 1 Nov 2026 10:00:00 +0000
Message-ID: <1@example.com>
--x--
""".encode()


def hop(sender: str, receiver: str, clock: str, protocol: str = "ESMTP") -> str:
    """Return a Received field."""
    return f"Received: from {sender} by {receiver} with {protocol} id 1; Sun, 1 Nov 2026 {clock}\n"


def notes(raw: bytes) -> dict[NoteId, Note]:
    """Return the notes on a bounce by id."""
    return {note.id: note for note in whybounce.diagnose(raw).notes}


SPF_FAIL = (
    "Received-SPF: fail (mx.example.org: domain of example.com does not designate 192.0.2.9 as "
    "permitted sender) client-ip=192.0.2.9; envelope-from=chris@example.com\n"
)
STRANGER = hop("botnet.example.net", "mx.example.org", "10:00:01 +0000")

# A bounce for each note there is, and words that its sentences must say.
CASES: dict[NoteId, tuple[bytes, list[str]]] = {
    NoteId.REFUSED_ELSEWHERE: (
        bounce(),
        ["out.example.com only wrote this report", "refused the message is mx.example.org"],
    ),
    NoteId.FAILED_AT_GENERATOR: (
        bounce(remote=None),
        ["no farther than out.example.com", "no other server"],
    ),
    NoteId.GENERATOR_BEHIND_NAME: (
        bounce(generator="Reporting-MTA: dns; relay.example.net\n"),
        ["carries the name of example.com, but relay.example.net wrote it"],
    ),
    NoteId.GENERATOR_NOT_NAMED: (
        bounce(generator="", report=hop("relay.example.net", "mx.example.com", "16:00:01 +0000")),
        ["first seen at relay.example.net"],
    ),
    NoteId.LAST_SERVER: (
        bounce(hop("pc", "relay.example.net", "10:00:01 +0000"), generator=""),
        ["last server", "relay.example.net"],
    ),
    NoteId.FORWARDED: (
        bounce(original_recipient="info@example.org"),
        ["sent to info@example.org and passed on to anna@example.org", "What has to be mended"],
    ),
    NoteId.NOT_IN_TO: (
        bounce(to="Team <team@example.net>"),
        ["anna@example.org, is not one of those", "name team@example.net"],
    ),
    NoteId.SPF_FAIL: (
        bounce(SPF_FAIL),
        ["example.com does not let 192.0.2.9 send its mail", "“Received-SPF: fail (mx.example.org"],
    ),
    NoteId.SPF_SOFTFAIL: (
        bounce(
            "Authentication-Results: mx.example.org; spf=softfail smtp.mailfrom=chris@example.com\n"
        ),
        ["example.com says that the sending server's address should probably not"],
    ),
    NoteId.SPF_NEUTRAL: (
        bounce("Received-SPF: Neutral client-ip=2001:db8::9; envelope-from=chris@example.com\n"),
        ["leaves open whether 2001:db8::9 may send"],
    ),
    NoteId.SPF_NONE: (
        bounce(
            "Authentication-Results: spf=none (sender IP is 192.0.2.9) smtp.mailfrom=a.example\n"
        ),
        ["a.example had no SPF record", "192.0.2.9"],
    ),
    NoteId.SPF_ERROR: (
        bounce("Received-SPF: permerror client-ip=192.0.2.9; helo=out.example.com\n"),
        ["out.example.com has a mistake"],
    ),
    NoteId.DKIM_FAIL: (
        bounce("Authentication-Results: mx; dkim=fail (body hash) header.d=example.com\n"),
        ["DKIM signature of example.com does not fit"],
    ),
    NoteId.DKIM_NONE: (
        bounce("Authentication-Results: mx; dkim=none (message not signed)\n"),
        ["no DKIM signature"],
    ),
    NoteId.DKIM_ERROR: (
        bounce("Authentication-Results: mx; dkim=temperror header.i=@example.com\n"),
        ["DKIM signature of example.com could not be judged"],
    ),
    NoteId.DMARC_FAIL: (
        bounce("Authentication-Results: mx; dmarc=fail (p=REJECT) header.from=example.com\n"),
        ["nothing proves that the message comes from example.com"],
    ),
    NoteId.DMARC_NONE: (
        bounce("Authentication-Results: mx; dmarc=none header.from=example.com\n"),
        ["example.com had no DMARC record"],
    ),
    NoteId.DMARC_ERROR: (
        bounce("Authentication-Results: mx; dmarc=permerror\n"),
        ["the record of the sender's domain has a mistake"],
    ),
    NoteId.PERHAPS_FORGED: (
        bounce(SPF_FAIL + STRANGER),
        ["Perhaps you never sent this", "SPF did not pass", "botnet.example.net, mx.example.org"],
    ),
    NoteId.LOOP: (
        bounce(LOOP, said="554 5.4.14 Hop count exceeded - possible mail loop"),
        ["a.example.com → b.example.net → a.example.com, 20 times"],
    ),
    NoteId.LONG_WAIT: (
        bounce(
            hop("mid.example.com", "out.example.com", "12:00:05 +0000")
            + hop("pc", "mid.example.com", "10:00:02 +0000")
        ),
        ["waited longest at mid.example.com: 2 h, until out.example.com took it"],
    ),
    NoteId.LONG_WAIT_AT_GENERATOR: (
        bounce(
            hop("pc", "out.example.com", "11:30:00 +0000"),
            said="450 4.2.2 Mailbox full",
            action="delayed",
        ),
        ["waited longest at out.example.com: 4 h 30 min, until this report"],
    ),
    NoteId.CLOCKS_DIFFER: (
        bounce(
            hop("mid.example.com", "out.example.com", "09:58:00 +0000")
            + hop("pc", "mid.example.com", "10:00:02 +0000")
        ),
        ["clocks of mid.example.com and out.example.com differ by at least 2 min 2 s"],
    ),
    NoteId.SENDERS_CLOCK_DIFFERS: (
        bounce(hop("pc", "out.example.com", "09:00:00 +0000")),
        ["differ by at least 1 h", "perhaps one of them has the wrong time zone"],
    ),
    NoteId.EXPIRED_OVER: (
        bounce(said=EXPIRED),
        ["ran out", "“452 4.2.2 Mailbox full”", "“550 5.4.300 Message expired”"],
    ),
    NoteId.GAVE_UP: (
        bounce(said="452 4.2.2 Mailbox full"),
        ["nobody is trying any more", "number 452"],
    ),
}


_OF_GATEWAY = {NoteId.SENT_THROUGH}  # Its own notices alone: no header shows it.


@pytest.mark.parametrize("note", [note for note in NoteId if note not in _OF_GATEWAY])
def test_every_note_is_made_and_says_what_it_rests_on(note):
    """Each id has a bounce that raises it, and sentences without a brace left over."""
    raw, told = CASES[note]
    said = whybounce.note_words(notes(raw)[note])

    for words in told:
        assert words in f"{said.what} {said.because}"
    for sentence in (said.what, said.because):
        assert "{" not in sentence
        assert sentence[0] == sentence[0].upper() or "." in sentence.split()[0]
        assert sentence.endswith((".", "”."))


MEANT = {
    NoteMeaning.REFUSED_FOR_THIS: bounce(SPF_FAIL, said="550 5.7.23 SPF violation"),
    NoteMeaning.MAY_HAVE_ADDED: bounce(
        SPF_FAIL, said="550 5.7.350 Remote server returned message detected as spam"
    ),
    NoteMeaning.NOT_THE_REASON: bounce(SPF_FAIL),
    NoteMeaning.FORWARDING_BREAKS_SPF: bounce(
        original_recipient="info@example.org", said="550 5.7.23 SPF violation"
    ),
    NoteMeaning.MEND_THE_FORWARDING: bounce(original_recipient="info@example.org"),
    NoteMeaning.REFUSER_MUST_ACT: bounce(said="530 5.7.1 Client was not authenticated"),
    NoteMeaning.PERHAPS_TIME_ZONE: bounce(hop("pc", "out.example.com", "09:30:00 +0000")),
}


@pytest.mark.parametrize("meaning", NoteMeaning)
def test_every_meaning_is_said_after_its_note(meaning):
    """What a note means depends on why the message failed."""
    note = next(note for note in notes(MEANT[meaning]).values() if note.meaning is meaning)
    frame = catalogue().frames["en"]

    assert whybounce.note_words(note).what.startswith(
        whybounce.note_words(Note(note.id, note.parameters)).what
    )
    assert frame[f"meaning.{meaning}"].split("{", maxsplit=1)[0] in whybounce.note_words(note).what


def test_english_has_a_sentence_for_every_note_and_meaning_and_no_others():
    """The table of words and the ids agree."""
    frame = catalogue().frames["en"]
    told = {key for key in frame if key.startswith(("note.", "meaning."))}

    assert told == {
        *(f"note.{note}.{part}" for note in NoteId for part in ("what", "because")),
        *(f"meaning.{meaning}" for meaning in NoteMeaning),
    }


@pytest.mark.parametrize(
    "raw",
    [
        bounce(SPF_FAIL + STRANGER + hop("pc", "out.example.com", "10:00:00 +0000")),
        bounce(SPF_FAIL + hop("x.example.net", "mx.example.org", "10:00:01 +0000", "ESMTPSA")),
        bounce(
            SPF_FAIL + "Authentication-Results: mx; dkim=pass header.d=example.com\n" + STRANGER
        ),
        bounce(SPF_FAIL.replace("fail", "softfail") + STRANGER),
        bounce(SPF_FAIL),
        bounce(STRANGER),
    ],
    ids=["own-server", "login", "dkim-passed", "softfail", "no-hops", "no-verdict"],
)
def test_a_sender_is_never_called_forged_on_half_the_evidence(raw):
    """A server of the sender's own, a login, a pass or a missing trace each speak against it."""
    assert NoteId.PERHAPS_FORGED not in notes(raw)


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("Authentication-Results: mx; spf=pass smtp.mailfrom=example.com\n", "spf-"),
        (
            "Authentication-Results: mx; dkim=fail header.d=a.example; dkim=pass header.d=b.example\n",
            "dkim-",
        ),
        ("Received-SPF: pass\nReceived-SPF: fail\n", "spf-"),
        ("Authentication-Results: mx; dmarc=bestguesspass\n", "dmarc-"),
        ('Authentication-Results: mx; dkim=pass reason="not spf=fail (dmarc=fail)"\n', "spf-"),
    ],
)
def test_what_passed_is_not_noted(header, missing):
    """The newest server's word counts, one good signature suffices, and comments say nothing."""
    assert not [note for note in notes(bounce(header)) if note.startswith(missing)]


@pytest.mark.parametrize(
    "raw",
    [
        bounce(remote="mx2.out.example.com"),
        bounce(said="450 4.4.1 Connection timed out", remote="mx.example.org"),
        bounce(remote=None),
        bounce(remote="127.0.0.1"),
        bounce(action="delivered", said="250 2.1.5 OK"),
    ],
    ids=["same-organisation", "nobody-answered", "no-remote", "same-machine", "delivered"],
)
def test_a_refusal_elsewhere_needs_another_server_that_refused(raw):
    """One organisation's own servers are no surprise, and silence is no refusal."""
    assert NoteId.REFUSED_ELSEWHERE not in notes(raw)


@pytest.mark.parametrize("remote", ["127.0.0.1", "[127.0.0.1]", "localhost", "::1"])
def test_a_filter_beside_the_server_is_no_other_server(remote):
    """Postfix hands mail to its scanner at 127.0.0.1."""
    assert NoteId.FAILED_AT_GENERATOR in notes(bounce(remote=remote))


@pytest.mark.parametrize(
    "to",
    [
        "Anna <ANNA@example.org>",
        '"a, b" <anna@example.org>, x@example.net',
        "undisclosed-recipients:;",
    ],
)
def test_a_recipient_that_the_message_shows_is_not_noted(to):
    """Letter case, names and groups do not make another address."""
    assert NoteId.NOT_IN_TO not in notes(bounce(to=to))


def test_a_copy_is_shown_too():
    """Cc is read as To is."""
    assert NoteId.NOT_IN_TO not in notes(bounce("Cc: anna@example.org\n", to="x@example.net"))


def test_a_filter_that_hands_a_message_back_is_no_loop():
    """A pair of servers twice is how content filters work, unless the reply speaks of a loop."""
    header = "".join(
        hop("filter.example.com", "out.example.com", f"10:00:0{n} +0000")
        + hop("out.example.com", "filter.example.com", f"10:00:0{n} +0000")
        for n in (3, 2)
    )

    assert NoteId.LOOP not in notes(bounce(header))
    assert (
        notes(bounce(header, said="554 5.4.6 Too many hops"))[NoteId.LOOP].parameters["times"] == 2
    )


def test_nothing_is_concluded_from_clocks_that_differ():
    """A wait between servers whose clocks disagree is not told as a wait."""
    header = hop("b.example.com", "c.example.com", "15:00:01 +0000") + hop(
        "a.example.com", "b.example.com", "09:00:00 +0000"
    )
    told = notes(bounce(header))

    assert NoteId.LONG_WAIT not in told
    assert NoteId.SENDERS_CLOCK_DIFFERS in told


def test_notes_hold_ids_and_facts_and_no_language():
    """Spans are spans; the words are the speaker's."""
    note = notes(CASES[NoteId.LONG_WAIT][0])[NoteId.LONG_WAIT]

    assert note.parameters == {
        "server": "mid.example.com",
        "next": "out.example.com",
        "wait": timedelta(hours=2, seconds=3),
    }


def test_a_strangers_words_are_quoted_without_control_characters_and_bounded():
    """Evidence is a stranger's text."""
    raw = bounce("Received-SPF: fail \x1b[2J`$ reboot` " + "x" * 4000 + "\n")
    said = whybounce.note_words(notes(raw)[NoteId.SPF_FAIL]).because

    assert "\x1b" not in said
    assert "`" not in said
    assert len(said) < 400


@pytest.mark.parametrize(
    ("host", "registered"),
    [
        ("mail.contoso.com", "contoso.com"),
        ("CONTOSO.com.", "contoso.com"),
        ("mx1.example.co.uk", "example.co.uk"),
        ("mx.gmx.de", "gmx.de"),
        ("[192.0.2.1]", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("mailhub0", "mailhub0"),
    ],
)
def test_an_organisation_is_told_by_its_servers_name(host, registered):
    """The part that somebody registered."""
    assert organisation(host) == registered


@pytest.mark.parametrize("host", ["localhost", "mailhub0", "0", "a.local", "192.0.2.1", "", None])
def test_a_local_name_tells_nothing(host):
    """Nor does an address."""
    assert not is_public(host)


FIELD = st.sampled_from(
    ["Received", "Received-SPF", "Authentication-Results", "To", "Cc", "Date", "Message-ID"]
)
PIECES = st.lists(
    st.sampled_from(
        ["from a.b by c.d", ";", "Sun, 1 Nov 2026 10:00:00 +0000", "spf=fail", "(", ")", '"', "@",
         "a@b.c", "dkim=", "header.d=x.y", "\x00", "é", "=?utf-8?B?w6k=?=", "localhost", "with ESMTP",
         "Mon, 99 Foo 10000 99:99:99 +9999"]
    ),
    max_size=12,
)  # fmt: skip


@given(st.lists(st.tuples(FIELD, PIECES), max_size=12), st.text(max_size=60))
def test_no_header_makes_a_note_raise(fields, junk):
    """Whatever stands there, the notes have words and no braces of our own."""
    header = "".join(f"{name}: {' '.join(pieces)}\n" for name, pieces in fields)
    speaker = Speaker(catalogue())
    for note in whybounce.diagnose(bounce(header + f"X-Junk: {junk}\n")).notes:
        assert speaker.note_words(note).what


@pytest.mark.parametrize(
    "line",
    [
        "To: " + "a@b.c," * 20_000,
        "To: " + "a" * 200_000,
        "Received-SPF: " + "(" * 200_000,
        "Authentication-Results: " + "spf=fail " * 20_000,
        "\n".join(["Authentication-Results: x; dkim=fail header.d=a"] * 4_000),
        "\n".join(["Received: from a by b; Sun, 1 Nov 2026 10:00:00 +0000"] * 4_000),
        "Received: from a (" + "(" * 200_000,
        "Subject: " + "=?utf-8?q?a" * 20_000,
    ],
    ids=lambda line: line[:24],
)
def test_a_hostile_header_takes_no_more_time_than_its_size(line):
    """A quarter of a megabyte is read and noted in seconds, not minutes."""
    raw = bounce(line + "\n")
    whybounce.diagnose(bounce())
    start = time.thread_time()
    whybounce.diagnose(raw)

    assert time.thread_time() - start < 5


def test_many_recipients_do_not_make_many_notes():
    """A list of ten thousand that failed is one fact, told a few times."""
    groups = "".join(
        f"\nFinal-Recipient: rfc822; user{number}@list{number}.example\nAction: failed\nStatus: 5.1.1\n"
        f"Remote-MTA: dns; mx{number}.list{number}.example\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n"
        for number in range(300)
    )
    raw = bounce().replace(b"\nFinal-Recipient", groups.encode() + b"\nFinal-Recipient", 1)
    diagnosis = whybounce.diagnose(raw)

    assert len(diagnosis.explanations) == 301
    assert len(diagnosis.notes) <= 8
