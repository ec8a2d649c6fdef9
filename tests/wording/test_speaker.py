"""The words people read are the product, and are tested like behaviour."""

import re

import pytest
from msgspec.structs import replace

import whybounce
from whybounce.catalogue import catalogue
from whybounce.vocabulary.cause import Again, CauseWords, ReplyForm
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.outcome import Action, Outcome
from whybounce.wording import PLACEHOLDERS, Speaker, UnknownLanguageError, fill


def test_an_answer_says_everything_in_its_order():
    """Verdict, final, who, again, steps, the server's words, to pass on, why."""
    words = whybounce.words(
        whybounce.explain(
            "<anna@example.org>: host mx.example.org[192.0.2.1] said: 550 5.1.1 "
            "<anna@example.org>: Recipient address rejected: User unknown (in reply to RCPT TO)"
        )
    )

    assert words.code == "550 5.1.1"
    assert words.final == "Not delivered, and nobody is trying any more."
    assert words.owner == "the sender"
    assert words.again == "Not before somebody has acted. Then send it again."
    assert FixItOwner.SENDER is words.steps[0].role
    assert "anna@example.org" in words.what + words.tell + words.steps[0].sentences[0]
    assert words.said is not None
    assert words.said.startswith("mx.example.org said: “550 5.1.1 <anna@example.org>")
    assert "“Recipient address rejected: User unknown”" in words.because


_KNOWN = re.compile("{(?:" + "|".join(PLACEHOLDERS) + ")}")
_GAP = re.compile(r"\S  |[^\W_] [,;:!?]|``|<>|\(\)")


def _sentences(words: CauseWords, forms: tuple[ReplyForm, ...]) -> list[str]:
    steps = [step for sentences in words.steps.values() for step in sentences]
    return [words.title, words.what, words.tell, *steps, *(form.text for form in forms)]


@pytest.mark.parametrize("language", sorted(catalogue().frames))
def test_with_no_fact_known_no_word_of_any_cause_has_a_placeholder_or_a_gap(language):
    """It is said in words, in commands too; braces that PowerShell wants are not ours."""
    speaker = Speaker(catalogue(), language)
    frame = {**catalogue().frames["en"], **catalogue().frames[language]}
    stand_ins = {name: frame[f"stand-in.{name}"] for name in PLACEHOLDERS}
    for cause in catalogue().causes.values():
        for sentence in _sentences(speaker.cause_words(cause.id), cause.replies):
            filled = fill(sentence, {}, stand_ins)
            rest = _KNOWN.sub("", sentence)

            assert [filled.count(brace) for brace in "{}"] == [rest.count(each) for each in "{}"]
            assert len(_GAP.findall(filled)) == len(_GAP.findall(_KNOWN.sub("x", sentence))), filled
        steps = speaker.steps(cause.id, cause.owner)
        assert not [each for role in steps for each in role.sentences if _KNOWN.search(each)]


def test_the_owners_steps_come_first():
    """Whoever must act reads on without searching."""
    words = whybounce.words(whybounce.explain("5.7.64"))

    assert FixItOwner.SENDER_ADMIN is words.steps[0].role


@pytest.mark.parametrize(
    ("language", "owners"),
    [
        ("en", "the sender's mail administrator, the recipient and the sender"),
        ("ja", "{}、{}、{}"),
        ("ar", "{} و{} و{}"),
    ],
)
def test_of_many_who_can_help_only_the_last_has_an_and_before_it(language, owners):
    """As each language counts."""
    speaker = Speaker(catalogue(), language)
    who = (FixItOwner.SENDER_ADMIN, FixItOwner.RECIPIENT, FixItOwner.SENDER)

    assert owners.format(*map(speaker.role, who)) in speaker.helpers(who)


def test_waiting_is_said_to_be_enough():
    """Nobody must act where nobody must."""
    words = whybounce.words(whybounce.explain("450 4.7.1 Greylisted, please try again"))

    assert words.owner == "nobody; waiting is enough"
    assert words.again == "Not needed: the mail system keeps trying by itself."
    assert words.final == "Not delivered yet. The systems are still trying."


def test_a_success_is_no_failure():
    """250 and 2.x.x are not dressed up as trouble."""
    words = whybounce.words(whybounce.explain("250 2.1.5 Delivered"))

    assert words.final == "This is not a failure."


def test_nobody_waits_for_what_arrived():
    """There is nothing to wait for, and nothing that waiting would do."""
    words = whybounce.words(whybounce.explain("250 2.0.0 OK queued"))

    assert words.owner == "nobody"


@pytest.mark.parametrize("language", sorted(catalogue().frames))
def test_of_an_unknown_reason_nobody_says_that_sending_again_helps(language):
    """Nothing is promised where nothing is known."""
    unknown = whybounce.words(whybounce.explain("quux"), language).again
    later = whybounce.words(whybounce.explain("554 5.7.1 Greylisted, try later"), language).again

    assert unknown != later


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("connect to mx.example.org[192.0.2.25]:25: Connection timed out", "The words were:"),
        ("quux", "The words were:"),
        ("550 quux", "The server said:"),
        ("421 4.4.2 mx.example.org Error: timeout exceeded", "The server said:"),
        ("host mx.example.org[192.0.2.25] said: 421 4.4.2 timeout", "mx.example.org said:"),
    ],
    ids=["nobody-answered", "not-known", "answered", "broke-off", "named"],
)
def test_what_no_server_said_is_put_into_no_servers_mouth(text, who):
    """A server that did not answer has said nothing."""
    said = whybounce.words(whybounce.explain(text)).said

    assert said.startswith(who)


def test_what_still_waits_is_not_said_to_have_come_back():
    """The sentence to pass on holds while the systems are trying, and after."""
    words = whybounce.words(whybounce.explain("452 4.2.2 Mailbox full"))

    assert "comes back" not in words.tell


def test_the_unknown_is_said_plainly():
    """No advice is invented where nothing is known."""
    words = whybounce.words(whybounce.explain("quux"))

    assert words.because == "Neither the words nor a code in this text are known here."
    assert words.final == "Whether it is being tried again is not said."


def test_a_quoted_wrapper_shows_both_replies():
    """The remote server's own words are quoted, whole."""
    words = whybounce.words(
        whybounce.explain("550 5.1.351 Remote server returned unknown recipient -> 550 Nobody")
    )

    assert words.said is not None
    assert "Remote server returned unknown recipient -> 550 Nobody" in words.said


@pytest.mark.parametrize("cause", catalogue().causes.values(), ids=lambda cause: cause.id)
def test_every_cause_reads_well_without_a_bounce(cause):
    """Each placeholder outside of commands has words to stand in; no brace is left in prose."""
    speaker = Speaker(catalogue())
    steps = speaker.steps(cause.id, cause.owner)
    sentences = [speaker.prose(cause.words.what), speaker.prose(cause.words.tell)]
    sentences += [sentence for role in steps for sentence in role.sentences]

    for sentence in sentences:
        prose = "".join(sentence.split("`")[::2])
        assert "{" not in prose, prose
        assert "the the " not in prose, prose
        assert prose[0] == "`" or not prose[0].islower() or sentence.startswith("`"), prose


def test_an_unknown_language_names_those_there_are():
    """The error carries them."""
    with pytest.raises(UnknownLanguageError) as caught:
        Speaker(catalogue(), "tlh")

    assert caught.value.languages == tuple(catalogue().frames)


@pytest.mark.parametrize(
    ("language", "quoted"),
    [
        ("en", "“550 5.1.1 User unknown”"),
        ("de", "„550 5.1.1 User unknown“"),
        ("fr", "«\u00a0550 5.1.1 User unknown\u00a0»"),
        ("ja", "「550 5.1.1 User unknown」"),
        ("ar", "«\u2068550 5.1.1 User unknown\u2069»"),
    ],
)
def test_a_reply_is_quoted_as_the_language_quotes(language, quoted):
    """The words are the server's, the marks around them ours."""
    said = whybounce.words(whybounce.explain("550 5.1.1 User unknown"), language).said

    assert said.endswith(f" {quoted}")


@pytest.mark.parametrize(
    ("language", "owner", "helpers", "acts"),
    [
        ("en", "the sender", None, "The sender."),
        ("de", "der Absender", None, "Der Absender."),
        (
            "ja",
            "送信者",
            "次の方も手助けできます：受信者",
            "送信者。次の方も手助けできます：受信者。",
        ),
    ],
)
def test_who_must_act_is_a_sentence_of_the_language(language, owner, helpers, acts):
    """With its own full stop; what is written large in the middle stays so."""
    assert Speaker(catalogue(), language).acts(owner, helpers) == acts


@pytest.mark.parametrize("language", sorted(catalogue().frames))
def test_nobody_is_told_to_wait_for_what_was_given_up(language):
    """The sender's first step is to send again; the others stand."""
    for cause in catalogue().causes.values():
        if cause.again[5] is not Again.BEING_RETRIED or FixItOwner.SENDER not in cause.words.steps:
            continue
        under_way = whybounce.explain(Outcome(action=Action.DELAYED))
        waits = _senders_steps(replace(under_way, cause=cause.id), language)
        sends_again = _senders_steps(replace(under_way, cause=cause.id, permanent=True), language)

        assert waits[1:] == sends_again[1:]
        assert sends_again[0] in {
            catalogue().frames[each]["steps.given-up"] for each in (language, "en")
        }
        assert waits[0] != sends_again[0]


def test_where_systems_try_again_by_themselves_the_senders_first_step_is_to_wait():
    """It is the one that is left out once it was given up."""
    for cause in catalogue().causes.values():
        steps = cause.words.steps.get(FixItOwner.SENDER)
        if steps and cause.again[5] is Again.BEING_RETRIED:
            assert steps[0].startswith(("Wait", "Do nothing", "Nothing to change")), cause.id


def _senders_steps(explanation: Explanation, language: str) -> tuple[str, ...]:
    steps = Speaker(catalogue(), language).advice(explanation).steps
    return next(each.sentences for each in steps if each.role is FixItOwner.SENDER)
