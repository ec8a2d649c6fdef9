"""What the functions of the package are given: what is natural is taken, the rest is refused in a sentence."""

import asyncio
import inspect
from datetime import UTC, datetime
from pathlib import Path

import pytest

import whybounce
from whybounce.given import OPTIONS

BOUNCE = b"From: MAILER-DAEMON@example.net\n\n<anna@example.org>:\n550 5.1.1 User unknown\n"


@pytest.mark.parametrize("held", [bytes, bytearray, memoryview])
def test_bytes_are_taken_whatever_holds_them(held):
    """Sockets and buffers give bytearrays and memoryviews."""
    expected = whybounce.read(BOUNCE)

    assert whybounce.read(held(BOUNCE)) == expected
    assert whybounce.diagnose(held(BOUNCE)).report == expected
    assert whybounce.rewrite(held(BOUNCE), by="mail.example.net") == whybounce.rewrite(
        BOUNCE, by="mail.example.net"
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_that_windows_marked_is_the_mail_behind_the_mark(encoding):
    """Otherwise its first field is lost, and whoever reads it is taken for who failed."""
    marked = BOUNCE.decode().encode(encoding)

    assert whybounce.read(marked) == whybounce.read(BOUNCE)
    assert whybounce.diagnose(marked) == whybounce.diagnose(BOUNCE)
    assert whybounce.diagnose("\ufeff" + BOUNCE.decode()) == whybounce.diagnose(BOUNCE)


FUNCTIONS = {
    "explain": whybounce.explain,
    "read": whybounce.read,
    "diagnose": whybounce.diagnose,
    "words": whybounce.words,
    "write": whybounce.write,
    "rewrite": lambda given: whybounce.rewrite(given, by="mail.example.net"),
}


@pytest.mark.parametrize("given", [None, 550, [BOUNCE], Path("bounce.eml")], ids=repr)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_another_type_is_refused_in_a_sentence(name, given):
    """It says what the function takes, and what it got."""
    with pytest.raises(TypeError, match=rf"^{name} takes an? .+, not {type(given).__name__}"):
        FUNCTIONS[name](given)


@pytest.mark.parametrize(
    ("name", "given", "hint"),
    [
        ("read", BOUNCE.decode(), "for explain and diagnose"),
        ("explain", BOUNCE, "for read and diagnose"),
        ("diagnose", Path("bounce.eml"), "read_bytes"),
    ],
)
def test_what_was_probably_meant_is_named(name, given, hint):
    """The three that people type."""
    with pytest.raises(TypeError, match=hint):
        FUNCTIONS[name](given)


@pytest.mark.parametrize(
    ("option", "given"), [("original", "From: bob@alpine.example"), ("date", "2026-03-01")]
)
def test_an_option_of_another_type_is_named(option, given):
    """As the first argument is."""
    with pytest.raises(TypeError, match=f"write takes {option}= as .+, not str"):
        whybounce.write(whybounce.diagnose(BOUNCE), **{option: given})


ORIGINAL = b"From: bob@alpine.example\r\nDate: Sun, 1 Mar 2026 12:00:00 +0000\r\n\r\nx\r\n"
DIAGNOSIS = whybounce.diagnose(BOUNCE)
INQUIRY = whybounce.Inquiry("example.org", frozenset())

# How each function is called with options of no account but the one.
CALLS = {
    "explain": lambda **option: whybounce.explain("5.1.1", **option),
    "diagnose": lambda **option: whybounce.diagnose(BOUNCE, **option),
    "check": lambda **option: asyncio.run(whybounce.check("example.org", **option)),
    "confirm": lambda **option: asyncio.run(whybounce.confirm(DIAGNOSIS, **option)),
    "confirmed": lambda **option: whybounce.confirmed(DIAGNOSIS, {}, **option),
    "answers_to": lambda **option: asyncio.run(whybounce.answers_to(INQUIRY, **option)),
    "write": lambda **option: whybounce.write(DIAGNOSIS, original=ORIGINAL, **option),
    "rewrite": lambda **option: whybounce.rewrite(BOUNCE, **{"by": "mx.example.net"} | option),
}


def options(name: str) -> list[str]:
    """Return the names of the function's options, but for the original, which is octets."""
    parameters = inspect.signature(getattr(whybounce, name)).parameters.values()
    return [
        each.name
        for each in parameters
        if each.kind is each.KEYWORD_ONLY and each.name != "original"
    ]


@pytest.mark.parametrize(
    ("name", "option"), [(name, option) for name in CALLS for option in options(name)]
)
def test_every_option_of_another_type_is_refused_in_a_sentence(name, option):
    """It names the option, says what that is, and what it got; nothing has been done by then."""
    with pytest.raises(TypeError, match=rf"^{name} takes {option}= as .+, not complex$"):
        CALLS[name](**{option: 5j})


def test_the_table_knows_every_option_and_no_other():
    """A new option gets its row, and one that has gone takes its row with it."""
    assert {each for name in CALLS for each in options(name)} | {"language"} == OPTIONS.keys()


@pytest.mark.parametrize(
    ("option", "given", "told"),
    [
        ("internal_hosts", "corp.example", "a list or tuple of texts \\(str\\), not str"),
        ("internal_hosts", ["corp.example", 5], "of texts \\(str\\), not list of int, str"),
        ("cause_links", {"mailbox-full": None}, "both texts \\(str\\), not dict of NoneType, str"),
        ("to", Path("anna@example.org"), "a text \\(str\\), not .*Path$"),
        ("eight_bit", "no", "True or False, not str"),
    ],
)  # fmt: skip
def test_what_python_would_take_for_something_else_is_refused_too(option, given, told):
    """A text is no list of its letters, and "no" is not true."""
    with pytest.raises(TypeError, match=told):
        whybounce.write(DIAGNOSIS, original=ORIGINAL, **{option: given})


def test_what_the_documents_say_is_taken():
    """Each option once, in another of its types than usual."""
    notice = whybounce.write(
        DIAGNOSIS,
        original=memoryview(ORIGINAL),
        language="de",
        generator="mx.example.net",
        cause_links={DIAGNOSIS.explanations[0].cause: "https://help.example/1"},
        date=datetime(2026, 3, 1, tzinfo=UTC),
        returns=None,
        smtputf8=None,
        internal_hosts=["*.corp.example"],
    )

    assert b"help.example/1" in notice


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: asyncio.run(whybounce.check(5)), "check takes a domain or an address as a text"),
        (lambda: asyncio.run(whybounce.confirm("5.1.1")), "confirm takes a Diagnosis, .+, not str"),
        (lambda: whybounce.finding_words("spf"), "finding_words takes a Finding, .+, not str"),
        (lambda: whybounce.note_words("loop"), "note_words takes a Note .+, not str"),
        (
            lambda: whybounce.words(whybounce.explain("5.1.1"), None),
            "words takes language= as a text .+, not NoneType",
        ),
    ],
)  # fmt: skip
def test_the_other_functions_refuse_in_a_sentence_too(call, told):
    """Those that take what others return."""
    with pytest.raises(TypeError, match=f"^{told}"):
        call()


def test_a_folder_of_words_may_be_named_by_a_text(tmp_path):
    """As open() takes it."""
    (tmp_path / "operator.toml").write_text('contact = "the help desk"', encoding="utf-8")
    original = b"From: bob@alpine.example\r\nDate: Sun, 1 Mar 2026 12:00:00 +0000\r\n\r\nx\r\n"
    notices = {
        whybounce.write(
            whybounce.diagnose(BOUNCE),
            original=original,
            generator="mx.example.net",
            own_words=folder,
        )
        for folder in (tmp_path, str(tmp_path))
    }

    assert len(notices) == 1
    assert b"the help desk" in notices.pop()
