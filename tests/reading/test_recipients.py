"""Whom a bounce is about is read from where its addresses stand, in whatever language."""

import pytest
from hypothesis import given, strategies as st

from whybounce.reading.recipients import addresses_in, recipients_of
from whybounce.vocabulary.report import Original


def named_by(text, *, own=(), header=None, original=None):
    """Return the addresses that the text names."""
    found = recipients_of(text, own=own, header=header, original=original)
    return [named.address for named in found]


HEADS = {
    "alone": "anna@example.org\n550 no",
    "indented": "     anna@example.org\n     550 no",
    "in brackets": "<anna@example.org>:\n550 no",
    "in quotes": "'anna@example.org'\n550 no",
    "before a colon": "anna@example.org: 550 no",
    "before a semicolon": "anna@example.org; no such user",
    "before dots": "<anna@example.org>... Deferred: no answer",
    "before a dash": "anna@example.org - unknown",
    "before a date": "anna@example.org on Sun, 1 Nov 2026 10:00:00 +0000\n    no such name",
    "before a remark": "anna@example.org (user not found)",
    "before a remark in square brackets": "anna@example.org [mailbox full]",
    "before wide blanks": "anna@example.org     User unknown",
    "with its type": "rfc822;anna@example.org\n550 no",
    "with a link": "anna@example.org<mailto:anna@example.org>\nno such name",
    "quoted": "> anna@example.org:\n> 550 no",
    "with a bullet": "* anna@example.org\nno such name",
    "with a bar": "| anna@example.org |\n| no such name |",
    "behind a name": "Anna Smith <anna@example.org>\nno such name",
    "behind a name, with a link": "Anna Smith (anna@example.org)<mailto:anna@example.org>\nno",
    "in a transcript": "550 5.1.1 <anna@example.org>... User unknown",
    "in a transcript without brackets": "550 anna@example.org... User unknown",
}

LABELS = {
    "recipient": "Recipient: anna@example.org",
    "recipient address": "Recipient Address: <anna@example.org>",
    "failed recipient": "Failed recipient: anna@example.org",
    "user unknown": "Unknown user: anna@example.org",
    "address is": "The address is: anna@example.org",
    "command": "Sent <<< RCPT TO:<anna@example.org>",
    "address in a list of pairs": "[Status: Error, Address: <anna@example.org>, no answer]",
    "German": "Empfänger: anna@example.org",
    "Dutch": "Geadresseerde: anna@example.org",
    "Polish": "Adresat: anna@example.org",
    "Czech": "Příjemce: anna@example.org",
    "Turkish": "Alıcı: anna@example.org",
    "Korean": "받는사람 : anna@example.org",
    "Spanish": "Destinatario: anna@example.org",
    "French": "Destinataire : anna@example.org",
    "Russian": "Получатель: anna@example.org",
    "Japanese": "宛先: anna@example.org",
    "Chinese": "收件人: anna@example.org",
}

SENTENCES = {
    "German, to": "Bei Ihrer Nachricht an anna@example.org gab es ein Problem.",
    "Dutch, to": "Uw bericht aan anna@example.org kwam niet aan.",
    "Polish": "Twoja wiadomość do anna@example.org wróciła.",
    "Russian": "Ваше сообщение для anna@example.org вернулось.",
    "delivered to": "Your message could not be delivered to anna@example.org because of rules.",
    "sent to": "The message you sent to <anna@example.org> was refused.",
    "delivering to": "There was an error delivering your mail to <anna@example.org>.",
    "user": "I know of no user anna@example.org here.",
    "begins the line": "anna@example.org is nobody we know.",
    "for the mailbox": "There is no room left in mailbox anna@example.org these days.",
    "Dutch": "Het bericht voor anna@example.org is geweigerd.",
    "German": "Die Nachricht für anna@example.org kam zurück.",
    "Spanish": "No se pudo entregar el mensaje para anna@example.org hoy.",
    "Italian": "Il messaggio con invio a anna@example.org non va.",
}


@pytest.mark.parametrize("text", HEADS.values(), ids=HEADS)
def test_an_address_at_the_head_of_a_line_is_a_recipient(text):
    """Whatever brackets, marks and remarks stand around it."""
    assert named_by(f"Some words.\n\n{text}\n") == ["anna@example.org"]


@pytest.mark.parametrize("text", LABELS.values(), ids=LABELS)
def test_an_address_behind_a_label_is_a_recipient(text):
    """The word before it says what it is."""
    assert named_by(f"Some words.\n\n{text}\n") == ["anna@example.org"]


@pytest.mark.parametrize("text", SENTENCES.values(), ids=SENTENCES)
def test_an_address_in_a_sentence_about_delivery_is_a_recipient(text):
    """And the helper who is named beside it is none."""
    assert named_by(f"{text}\nWe know more: helpdesk@example.net may be asked.\n") == [
        "anna@example.org"
    ]


def test_a_surer_place_silences_the_others():
    """An address on a line of its own is believed before one in a sentence."""
    text = "Your message to team@example.org came back.\n\nanna@example.org\n550 no\n"

    assert named_by(text) == ["anna@example.org"]


@pytest.mark.parametrize(
    "address",
    [
        "MAILER-DAEMON@example.net",
        "postmaster@example.org",
        "abuse@example.org",
        "no-reply@x.example",
    ],
)
def test_nobodys_mailbox_fails_where_reports_come_from(address):
    """Whoever writes reports or helps with them is no recipient."""
    assert named_by(f"{address}:\n550 no\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "For further assistance, please contact <desk@example.org>\n",
        "It failed. Write to desk@example.org.\n",
        "Please forward this to desk@example.org:\n",
    ],
)
def test_whoever_is_offered_for_help_is_no_recipient(text):
    """Even where nobody else is named."""
    assert named_by(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "很抱歉，您发给anna@example.org的邮件没能送达。",
        "收件人邮件地址（anna@example.org）不存在",
        "宛先anna@example.orgは存在しません。",
        "anna@example.org으로 보낸 메일을 전달하지 못했습니다.",
    ],
)
def test_east_asian_words_stand_close_to_an_address_and_are_no_part_of_it(text):
    """Chinese, Japanese and Korean put no spaces there."""
    assert named_by(f"{text}\n") == ["anna@example.org"]


def test_the_reports_own_addresses_are_no_recipients():
    """Its writer and its reader stand in it without having failed, in whatever case."""
    text = "Chris@example.net:\nanna@example.org:\n550 no\n"

    assert named_by(text, own={"chris@EXAMPLE.net"}) == ["anna@example.org"]


def test_each_recipient_has_what_stands_below_it():
    """Up to the next one."""
    text = "anna@example.org\n  550 no\n  never\n\nben@example.org\n  552 full\n\nBye.\n"
    found = recipients_of(text, own=(), header=None, original=None)

    assert [(named.address, named.said) for named in found] == [
        ("anna@example.org", "550 no\n  never"),
        ("ben@example.org", "552 full\n\nBye."),
    ]


def test_a_remark_behind_the_address_may_have_brackets_of_its_own():
    """And words such as "on", which stand before dates elsewhere."""
    text = "anna@example.org  (550 the link is on a list (example))\n"
    (named,) = recipients_of(text, own=(), header=None, original=None)

    assert named.said == "(550 the link is on a list (example))"


def test_a_recipient_named_twice_is_one_with_both_texts():
    """As in a list of addresses above what is said about them."""
    text = "Anna@example.org:\nben@example.org:\n\nanna@example.org: 550 no\nben@example.org: 552 full\n"
    found = recipients_of(text, own=(), header=None, original=None)

    assert [(named.address, named.said) for named in found] == [
        ("Anna@example.org", "550 no"),
        ("ben@example.org", "552 full"),
    ]


@pytest.mark.parametrize(
    "remark",
    [
        "(expanded from <team@example.org>): host mx said no",
        "(expanded from: <team@example.org>)\n550 no",
        "\n    (generated from team@example.org)\n    550 no",
        "\n    (ultimately generated from team@example.org)\n    550 no",
        "(expanded from\n    <team@example.org>): host mx said no",
    ],
)
def test_what_an_address_was_expanded_from_is_its_original(remark):
    """An alias, a list or a forwarding stood for it."""
    found = recipients_of(f"<anna@example.com> {remark}\n", own=(), header=None, original=None)

    assert [(named.address, named.original) for named in found] == [
        ("anna@example.com", "team@example.org")
    ]


def test_the_header_field_names_them_all():
    """X-Failed-Recipients is a list; each one's text is on its own line below."""
    text = "  anna@example.org\n    550 no\n\nHelp: desk@example.net\n"
    found = recipients_of(
        text, own=(), header="anna@example.org, Anna@example.org,\n  ben@example.com", original=None
    )

    assert {named.address.lower() for named in found} == {"anna@example.org", "ben@example.com"}
    assert found[0].said == "550 no\n\nHelp: desk@example.net"


def test_where_the_text_has_other_addresses_than_the_header_field_the_text_is_newer():
    """The field has the address before it was forwarded, the text after."""
    text = "  anna@example.com\n    550 no\n"

    assert named_by(text, header="anna@example.org") == ["anna@example.com"]


def test_x400_addresses_are_read_as_the_internet_addresses_in_them():
    """RFC 2156 §4.2 writes @ as (a)."""
    text = "c=de;a= ;p=example;dda:RFC-822=anna(a)example.org;\n    unknown\n"

    assert named_by(text) == ["anna@example.org"]


def test_an_address_that_the_original_was_sent_to_is_known():
    """It need not stand in any place of its own."""
    original = Original(to="Anna <anna@example.org>, ben@example.org")
    text = "Sorry! anna@example.org? desk@example.net!\n"

    assert named_by(text, original=original) == ["anna@example.org"]


def test_the_only_address_in_the_text_is_inferred_to_be_the_one():
    """And the outcome says by which rule."""
    found = recipients_of(
        "Nothing came of it (anna@example.org)!\n", own=(), header=None, original=None
    )

    assert [(named.address, named.inferred) for named in found] == [
        ("anna@example.org", "the only address in the text")
    ]


def test_of_two_addresses_without_a_place_neither_is_taken():
    """A guess would be wrong half the time."""
    assert named_by("Nothing came of it (anna@example.org, or ben@example.org)!\n") == []


def test_where_the_text_names_nobody_the_sole_addressee_of_the_original_is_inferred():
    """Some withhold the address altogether."""
    found = recipients_of(
        "Not here.\n", own=(), header=None, original=Original(to="Anna <anna@example.org>")
    )

    assert [(named.address, bool(named.inferred)) for named in found] == [
        ("anna@example.org", True)
    ]


@pytest.mark.parametrize(
    "original",
    [
        Original(to="anna@example.org, ben@example.org"),
        Original(to="undisclosed-recipients:;"),
        Original(to="list@example.org", headers=(("List-Id", "<list.example.org>"),)),
        Original(to="list@example.org", headers=(("list-unsubscribe", "<mailto:x@example.org>"),)),
        Original(),
        None,
    ],
)
def test_nobody_is_inferred_from_an_original_for_many(original):
    """The To field of a list's mail is the list, not who it was sent to."""
    assert named_by("Not here.\n", original=original) == []


def test_where_exchange_shows_a_name_for_an_address_the_name_is_the_recipient():
    """Only its server knows the address; without Exchange's own mark below, a name is just words."""
    text = """The following recipient(s) could not be reached:

      Anna Berg on 9/12/2024 11:14 AM
            The message is larger than the system allows.
            <mail.example.org #5.2.3>
"""
    (named,) = recipients_of(text, own=(), header=None, original=None)

    assert (named.address, named.inferred) == (
        "Anna Berg",
        "the name in the text; no address stands there",
    )
    assert "<mail.example.org #5.2.3>" in named.said
    assert not recipients_of(text.replace("#", ""), own=(), header=None, original=None)


def test_recipients_are_bounded():
    """Of two thousand the first thousand are read."""
    text = "".join(f"u{n}@example.org: 550 no\n" for n in range(2000))

    assert named_by(text) == [f"u{n}@example.org" for n in range(1000)]


def test_a_line_without_end_is_no_line_about_a_recipient():
    """It is a header or an encoded attachment."""
    assert named_by("anna@example.org: " + "a" * 3000 + "\nben@example.org: no\n") == [
        "ben@example.org"
    ]


ADDRESSES = {
    "anna@example.org.": ["anna@example.org"],
    "Anna <anna@example.org>, ben@example.org": ["anna@example.org", "ben@example.org"],
    '"anna smith"@example.org': ['"anna smith"@example.org'],
    "anna@[192.0.2.1]": ["anna@[192.0.2.1]"],
    "jürgen@bücher.example": ["jürgen@bücher.example"],
    "anna_smith-1%x@sub-domain.example.org": ["anna_smith-1%x@sub-domain.example.org"],
    "mailto:anna@example.org": ["anna@example.org"],
    "anna at example.org": [],
    "@example.org anna@": [],
    "": [],
}


@pytest.mark.parametrize(("text", "found"), ADDRESSES.items(), ids=ADDRESSES)
def test_addresses_are_found_in_any_text(text, found):
    """As RFC 5321 §4.1.2 writes them, without what stands around them."""
    assert found == addresses_in(text)


NAMES = st.lists(
    st.from_regex(r"anna[a-z0-9.+-]{0,20}[a-z0-9]", fullmatch=True),
    min_size=1,
    max_size=12,
    unique=True,
)


@given(NAMES, st.sampled_from(["<{}>:", "{}", "    {}", "{}:", "> <{}>:"]))
def test_all_that_stand_at_the_head_of_a_line_are_found_in_order(names, form):
    """However many, and each with its own reply."""
    addresses = [f"{name}@example.org" for name in names]
    own = {"chris@example.net"}
    lines = [f"{form.format(address)}\n550 reply {n}\n" for n, address in enumerate(addresses)]
    found = recipients_of("Sorry.\n\n" + "\n".join(lines), own=own, header=None, original=None)

    assert addresses == [named.address for named in found]
    assert [f"550 reply {n}" for n in range(len(addresses))] == [named.said for named in found]


@given(st.text(max_size=600), st.text(max_size=60))
def test_no_text_makes_reading_recipients_raise(text, header):
    """And nobody is named who does not stand in it."""
    for named in recipients_of(text, own=(), header=header, original=None):
        assert named.address in f"{text}\n{header}"
