"""What the functions of the package are given: what is natural is taken, the rest is refused in a sentence."""

from pathlib import Path

import pytest

import whybounce

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
