"""Explaining: what decides, what follows from it, and what is never pretended."""

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

import whybounce
from whybounce.catalogue import catalogue
from whybounce.explaining import Explainer
from whybounce.notation import read_reply
from whybounce.vocabulary.cause import Again, CheckName, Suppress
from whybounce.vocabulary.explanation import Basis, Confidence
from whybounce.vocabulary.finding import Answer, Finding
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.vocabulary.status_code import StatusCode

# The codes that mean different things depending on who says them, each decided by words.
COLLISIONS = [
    ("554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException", "mailbox-full"),
    ("550 5.2.2 Submission quota exceeded", "submission-quota-exceeded"),
    (("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient anna@example.org not found by SMTP "
     "address lookup"), "recipient-not-found"),
    ("556 5.1.10 Domain example.org has null MX", "null-mx"),
    ("550 5.1.0 Sender denied", "sender-denied"),
    ("550 5.1.8 Access denied, bad outbound sender", "bad-outbound-sender"),
    ("450 4.1.8 <anna@example.org>: Sender address rejected: Domain not found",
     "sender-domain-not-found"),
    ("553 5.1.8 <anna@example.org>... Domain of sender address anna@example.org does not exist",
     "sender-domain-not-found"),
    ("550 5.4.1 [anna@example.org]: Recipient address rejected: Access denied",
     "recipient-rejected-at-edge"),
    ("550 5.4.1 Relay Access Denied", "relay-access-denied"),
    ("554 5.4.6 Hop count exceeded - possible mail loop", "routing-loop"),
    ("554 5.4.6 Too many hops", "routing-loop"),
    ("550 5.5.0 Requested action not taken: mailbox unavailable", "mailbox-unavailable"),
    ("550 5.7.1 Unable to relay", "unable-to-relay"),
    ("530 5.7.1 Client was not authenticated", "client-not-authenticated"),
    ("550 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
     "blocked-by-dnsbl"),
    ("550 5.7.1 <anna@example.org>: Recipient address rejected: User unknown", "no-such-mailbox"),
    ("550 5.7.5 Remote certificate failed MTA-STS validation. Reason: UntrustedRoot",
     "mta-sts-certificate"),
    ("550 5.7.12 Sender was not authenticated by organization",
     "sender-not-authenticated-by-organization"),
    ("432 5.7.12 A password transition is needed", "password-transition"),
    ("550 5.7.13 Sender was not authenticated for public folder",
     "sender-not-authenticated-for-public-folder"),
    ("525 5.7.13 User account disabled", "account-disabled-for-sending"),
    ("550 5.7.30 Basic authentication is not supported for Client Submission",
     "basic-authentication-retired"),
    ("550-5.7.30 This mail has been blocked because DKIM does not pass.", "dkim-failed"),
    ("550 5.7.30 REQUIRETLS support required", "requiretls-not-supported"),
    ("550-5.7.27 This mail has been blocked because SPF does not pass.", "spf-violation"),
    ("550 5.7.27 Sender address has null MX", "sender-null-mx"),
    ("504 5.7.40 Unrecognized authentication type", "authentication-mechanism"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "cause"), COLLISIONS, ids=[case[0][:40] for case in COLLISIONS])
def test_words_decide_where_a_code_means_several_things(text, cause):
    """A number alone never decides."""
    explanation = whybounce.explain(text)

    assert cause == explanation.cause, explanation.because
    assert Basis.WORDING is explanation.because.basis


def test_5_7_1_alone_does_not_pretend_to_know():
    """Ambiguous, with its readings and the words that decide between them."""
    explanation = whybounce.explain("5.7.1")
    words = whybounce.words(explanation)

    assert Confidence.AMBIGUOUS is explanation.confidence
    assert {"delivery-not-authorized", "unable-to-relay", "client-not-authenticated"} <= {
        other.cause for other in explanation.alternatives
    }
    assert all(reading.decides for reading in words.alternatives)
    assert "several meanings" in words.verdict


@pytest.mark.parametrize(
    ("text", "basis", "cause"),
    [
        ("5.7.64", Basis.CODE, "tenant-attribution"),
        ("550 5.7.622 quux", Basis.RANGE, "banned-sending-ip"),
        ("5.7.733", Basis.RANGE, "tenant-restricted"),
        ("450 4.6.6 quux", Basis.IANA, "content-not-available"),
        ("550 5.7.222 quux", Basis.CLASS, "permanent-failure"),
        ("499 quux", Basis.CLASS, "temporary-failure"),
        ("250 quux", Basis.CLASS, "delivered"),
        ("quux", Basis.NONE, "unknown"),
    ],
)
def test_a_code_without_a_row_falls_back_and_says_so(text, basis, cause):
    """Exact code, range, IANA, class, and at last a plain "not known"."""
    explanation = whybounce.explain(text)

    assert (basis, cause) == (explanation.because.basis, explanation.cause)


def test_the_inner_reply_decides_and_the_outer_code_stays():
    """A wrapper hides whose fault it is; the reply behind the arrow tells."""
    explanation = whybounce.explain(
        "550 5.7.350 Remote server returned message detected as spam -> 550 5.1.1 User unknown"
    )

    assert explanation.cause == "no-such-mailbox"
    assert FixItOwner.SENDER is explanation.owner
    assert str(explanation.status) == "5.7.350"
    assert explanation.inner is not None
    assert str(explanation.inner.status) == "5.1.1"


def test_a_wrapper_around_nothing_known_is_explained_itself():
    """Where the inner words say nothing, the outer ones are better than nothing."""
    explanation = whybounce.explain(
        "550 5.7.350 Remote server returned message detected as spam -> 550 quux"
    )

    assert explanation.cause == "remote-spam-verdict"


def test_words_overrule_a_code_that_means_something_else_and_say_so():
    """A mailbox that is full is full, whatever number stands before it."""
    explanation = whybounce.explain("550 5.1.1 Mailbox full")

    assert explanation.cause == "mailbox-full"
    assert explanation.because.overruled == "no-such-mailbox"
    assert "disagree" in whybounce.words(explanation).because


@pytest.mark.parametrize(
    ("outcome", "final"),
    [
        (Outcome(action=Action.FAILED, reply=read_reply("450 4.2.2 mailbox full")), True),
        (Outcome(action=Action.DELAYED, reply=read_reply("550 5.1.1 User unknown")), False),
        (Outcome(reply=read_reply("550 4.4.7 QUEUE.Expired; message expired")), True),
        (Outcome(reply=read_reply("554 4.3.2 mailbox busy")), True),
        (Outcome(reply=read_reply("4.2.2 mailbox full")), False),
        (Outcome(reply=read_reply("User unknown")), True),
        (Outcome(reply=read_reply("Greylisted")), False),
        (Outcome(reply=read_reply("connection timed out")), False),
        (Outcome(reply=read_reply("too many hops")), True),
        (Outcome(reply=read_reply("quux")), None),
    ],
    ids=["action", "action-delayed", "reply-digit", "reply-digit-554", "class", "cause",
         "cause-waits", "nobody-answered", "a-loop-was-found", "nothing"],
)  # fmt: skip
def test_finality_is_decided_in_its_order(outcome, final):
    """Action, then the reply's first digit, then the class, then the cause."""
    assert final is whybounce.explain(outcome).permanent


def test_what_is_still_being_tried_drops_no_address_and_asks_for_no_resending():
    """Delayed means being retried."""
    explanation = whybounce.explain("450 4.1.1 User unknown")

    assert Again.BEING_RETRIED is explanation.again
    assert Suppress.NO is explanation.suppress


def test_what_is_final_is_not_said_to_be_retried():
    """A greylisting that ended with a 5xx is over for this message."""
    assert Again.LATER is whybounce.explain("554 5.7.1 Greylisted, try again later").again


@pytest.mark.parametrize(
    ("text", "cause", "owner"),
    [
        ("554 5.4.14 Hop count exceeded - possible mail loop ATTR34", "routing-loop",
         FixItOwner.RECIPIENT_ADMIN),
        ("550 5.7.350 Remote server returned message detected as spam -> 554 5.7.1 spam",
         "spam-content", FixItOwner.SENDER_ADMIN),
        (("550 5.7.23 The message was rejected because of DMARC policy -> 550-5.7.26 Unauthenticated "
         "email from example.com is not accepted due to domain's DMARC policy."), "dmarc-reject",
         FixItOwner.SENDER_ADMIN),
    ],
    ids=["loop", "spam", "dmarc"],
)  # fmt: skip
def test_blame_is_right_where_exchange_has_it_wrong(text, cause, owner):
    """By what was said, not by the number alone."""
    explanation = whybounce.explain(text)

    assert (cause, owner) == (explanation.cause, explanation.owner)


@pytest.mark.parametrize(
    "text",
    [
        "*****@*******.org\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found'",
        "host xxxxx[xx.xx.xx.xx] said: 550 5.1.1 <xxxxx>: Recipient address rejected: User unknown",
        "User unknown in virtual mailbox table",
    ],
)
def test_redacted_fragments_and_texts_without_a_code_work(text):
    """People star out what is private; what decides is still there."""
    assert whybounce.explain(text).reason == "userunknown"


def test_rules_scoped_to_a_host_are_silent_for_others():
    """Words that mean this only from that system are left alone when another speaks."""
    scoped = [rule for rule in catalogue().rules if rule.hosts]
    assert scoped
    for rule in scoped:
        outcome = Outcome(reply=read_reply(rule.seen[0]), remote="mx.other.test")
        assert rule.id != whybounce.explain(outcome).because.rule


@pytest.mark.parametrize(
    ("remote", "cause"),
    [
        ("gmail-smtp-in.l.google.com", "dkim-failed"),
        ("contoso-com.mail.protection.outlook.com", "basic-authentication-retired"),
        ("mx.example.org", "dkim-failed"),
    ],
)
def test_the_speaker_decides_between_readings_of_a_number(remote, cause):
    """5.7.30 is Google's for DKIM; elsewhere it stays ambiguous, with its readings."""
    explanation = whybounce.explain(Outcome(reply=read_reply("550 5.7.30 quux"), remote=remote))
    readings = {explanation.cause, *(other.cause for other in explanation.alternatives)}

    assert cause in readings
    assert (Basis.WORDING is explanation.because.basis) == remote.endswith("google.com")


def test_a_failed_check_decides_between_readings():
    """What a live check found confirms the cause that names it."""
    finding = Finding(CheckName.REVERSE_DNS, Answer.FAILS, "no PTR record")
    explanation = whybounce.explain("550 5.7.25 reverse DNS", findings=[finding])

    assert Confidence.CERTAIN is explanation.confidence


def test_the_parameters_come_from_the_reply_and_the_outcome():
    """Whole addresses, the remote's name, the list's name."""
    explanation = whybounce.explain(
        "host mx.example.org[198.51.100.7] said: 554 5.7.1 Service unavailable; Client host "
        "[192.0.2.1] blocked using zen.spamhaus.org; https://check.spamhaus.org/q/192.0.2.1"
    )

    assert explanation.parameters["remote"] == "mx.example.org"
    assert explanation.parameters["ip"] == "192.0.2.1"
    assert explanation.parameters["list"] == "zen.spamhaus.org"


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("connect to mx.example.org[192.0.2.25]:25: Connection timed out", "remote", "mx.example.org"),
        ("Deferred: Connection refused by mx.example.org.", "remote", "mx.example.org"),
        ("lost connection with mx.example.org[192.0.2.25] while sending RCPT TO", "remote",
         "mx.example.org"),
        ("Connection timed out during user open with mx.example.org", "remote", "mx.example.org"),
        (("The recipient server did not accept our requests to connect. "
         "[mx.example.org. 192.0.2.25: timed out]"), "remote", "mx.example.org"),
        (("The recipient server did not accept our requests to connect. "
         "[(10) mx.example.org. [192.0.2.25]:25: socket error]"), "remote", "mx.example.org"),
        (("Host or domain name not found. Name service error for name=contoso.example type=MX: "
         "Host not found"), "domain", "contoso.example"),
        ("550 I cannot deliver mail for {anna@example.org}", "recipient", "anna@example.org"),
    ],
    ids=[
        "no-answer", "refused", "broken-off", "while-opening", "gmail", "gmail-before", "no-domain",
        "in-braces",
    ],
)  # fmt: skip
def test_whom_a_sending_server_names_is_known(text, name, value):
    """So that commands to copy have the name in them, and sentences too."""
    assert whybounce.explain(text).parameters[name] == value


def test_an_envelope_written_as_an_arrow_names_both():
    """As amavis logs it."""
    line = "Blocked SPAM, [198.51.100.7] <bob@example.com> -> <anna@example.org>, Hits: 14.2"

    assert whybounce.explain(line).parameters["recipient"] == "anna@example.org"


@pytest.mark.parametrize(
    ("said", "remote"),
    [
        ("connect to mx.example.org[192.0.2.25]:25: Connection timed out", "mx.example.org"),
        ("Message expired, connection refused", None),
        ("550 5.1.1 User unknown", "mail.contoso.example"),
    ],
    ids=["called", "nobody-named", "an-answer-of-its-own"],
)
def test_who_only_tells_that_nobody_was_reached_is_not_who_could_not_be_reached(said, remote):
    """Else the steps test the sender's own server."""
    outcome = Outcome(reply=read_reply(said), rejected_by="mail.contoso.example")
    assert whybounce.explain(outcome).parameters.get("remote") == remote


@pytest.mark.parametrize(
    ("rest", "recipient"), [(", rcpts: <anna@example.org>", "anna@example.org"), ("", None)]
)
def test_neither_a_messages_id_nor_its_sender_is_taken_for_its_recipient(rest, recipient):
    """A filter's log names all three, and says which is which."""
    line = (
        f"id: <7@example.com>, from: <bob@example.com>, (default: T (reject): [18.5/15.0] []){rest}"
    )

    assert whybounce.explain(line).parameters.get("recipient") == recipient


def test_whom_a_sender_is_refused_for_is_not_the_sender():
    """Postfix puts the recipient before whatever it says at RCPT."""
    said = "550 5.7.26 <ben@example.org>: Recipient address rejected: Multiple authentication checks failed"
    outcome = Outcome(recipient="Ben@example.org", reply=read_reply(said))
    assert "sender" not in whybounce.explain(outcome).parameters
    assert "sender" not in whybounce.explain(said).parameters
    assert whybounce.explain(said).parameters["recipient"] == "ben@example.org"

    outcome = replace(outcome, reply=read_reply(f"{said} for anna@contoso.example"))
    assert whybounce.explain(outcome).parameters["sender"] == "anna@contoso.example"


def test_the_machine_itself_is_not_who_could_not_be_reached():
    """A message that waited for a filter at 127.0.0.1 tells nobody to look at port 25 there."""
    outcome = Outcome(status=StatusCode.parse("4.4.7"), remote="[127.0.0.1]", action=Action.FAILED)
    assert "remote" not in whybounce.explain(outcome).parameters


@given(st.text())
def test_no_text_makes_explain_raise(text):
    """Whatever it is, there is an answer, and every sentence of it can be said."""
    explanation = whybounce.explain(text)

    assert explanation.cause in whybounce.causes()
    assert whybounce.words(explanation).verdict


@given(st.binary())
def test_no_bytes_make_explain_raise(raw):
    """Neither do bytes read as text."""
    assert whybounce.explain(raw.decode("latin-1")).cause in whybounce.causes()


SNIPPETS = st.sampled_from(
    [reply for rule in catalogue().rules[::7] for reply in rule.seen]
    + [
        "-> ",
        "550 ",
        "#<",
        "#SMTP#",
        "said: ",
        "LED=",
        "dsn=5.1.1",
        "<<< 550 ",
        "returned '",
        "{recipient}",
    ]
)


@given(st.lists(SNIPPETS, max_size=6))
def test_no_heap_of_real_replies_makes_explain_raise(snippets):
    """Nor do real replies and marks thrown together."""
    assert whybounce.words(whybounce.explain(" ".join(snippets))).final


@pytest.mark.parametrize(
    "hostile",
    [
        "a" * 1_000_000,
        "550 " * 250_000,
        "-> " * 333_000,
        "550 5.1.1 " + "user " * 200_000,
        "<" * 1_000_000,
        "#<" * 500_000,
        "'" * 1_000_000,
        "host a[b] said: " * 62_500,
        "dsn=5.1.1, status=bounced (" * 37_000,
        "to=<a@b>, " * 100_000 + "dsn=",
        "Diagnostic-Code: smtp; 550\n" * 37_000,
        "SMTP error from remote mail server after RCPT TO: " * 20_000,
        "Server at a (b) returned '" * 38_000,
        "\n <<< 550 x" * 90_000,
        "a@" * 500_000,
        "mailbox " * 125_000 + "full",
        "\u0130" * 500_000,
    ],
    ids=lambda text: text[:16],
)
def test_a_hostile_megabyte_is_answered(hostile):
    """Only a bounded head is read, in linear time; benchmarks/hostile.py says how long it takes."""
    assert whybounce.explain(hostile).cause in whybounce.causes()


def test_explaining_needs_no_other_explainer():
    """Two explainers of one catalogue answer alike: nothing is kept between texts."""
    one, other = Explainer(catalogue()), Explainer(catalogue())
    for rule in catalogue().rules[::11]:
        outcome = Outcome(reply=read_reply(rule.seen[0]))
        assert one.explain(outcome) == other.explain(outcome)


@pytest.mark.parametrize(
    ("command", "cause"),
    [
        ("greeting", "ip-blocked"),
        ("EHLO", "ip-blocked"),
        ("MAIL", "sender-rejected"),
        ("DATA", "content-rejected"),
        (None, "delivery-refused"),
    ],
)
def test_a_bare_refusal_is_about_what_the_server_knew_by_then(command, cause):
    """Before MAIL that is who connects, before RCPT who sends; where it is not known, nothing."""
    outcome = Outcome(reply=read_reply("550 Rejected"), command=command)

    assert whybounce.explain(outcome).cause == cause


@pytest.mark.parametrize("command", ["greeting", "MAIL", "DATA"])
def test_words_that_give_a_reason_need_no_command(command):
    """A user unknown stays one, whenever it is said."""
    outcome = Outcome(reply=read_reply("550 Rejected: user unknown"), command=command)

    assert whybounce.explain(outcome).cause == "no-such-mailbox"


@pytest.mark.parametrize(
    ("text", "basis", "cause"),
    [
        ("550 5.7.6 Failed to deliver", Basis.CODE, "encryption-failed"),
        ("451 4.3.0 Temporary failure", Basis.CODE, "system-error"),
        ("550 5.0.0 Message rejected", Basis.WORDING, "delivery-refused"),
        ("554 5.5.0 Message rejected", Basis.WORDING, "delivery-refused"),
    ],
)
def test_words_without_a_reason_yield_to_a_code_with_one(text, basis, cause):
    """Not to X.0.0 and X.5.0, which some send for any refusal."""
    explanation = whybounce.explain(text)

    assert (explanation.because.basis, explanation.cause) == (basis, cause)


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        (Outcome(action=Action.FAILED), "permanent-failure"),
        (Outcome(action=Action.DELAYED), "temporary-failure"),
        (Outcome(action=Action.FAILED, remote="mx.example.org"), "delivery-refused"),
        (Outcome(), "delivery-refused"),
    ],
    ids=["failed", "delayed", "a-server-answered", "a-reply-alone"],
)
def test_who_tells_that_a_message_could_not_be_delivered_does_not_say_that_it_was_refused(
    outcome, cause
):
    """Reports open with such words, whatever happened."""
    told = replace(outcome, reply=read_reply("Your message could not be delivered. It is below."))

    assert whybounce.explain(told).cause == cause


def test_a_delay_without_a_word_is_for_now():
    """That it has to wait is known, and no more."""
    explanation = whybounce.explain(Outcome(action=Action.DELAYED))

    assert explanation.cause == "temporary-failure"
    assert explanation.confidence is Confidence.CLASS_ONLY
    assert explanation.permanent is False


@pytest.mark.parametrize(
    ("action", "owner", "again"),
    [(Action.DELAYED, "nobody", "being-retried"), (Action.FAILED, "sender", "later")],
)
def test_what_needed_only_time_is_the_senders_once_nobody_tries_any_more(action, owner, again):
    """Who waits for what was given up waits for ever."""
    outcome = Outcome(reply=read_reply("451 4.7.1 Greylisted, try again later"), action=action)
    explanation = whybounce.explain(outcome)

    assert (explanation.cause, explanation.owner, explanation.again) == ("greylisted", owner, again)
