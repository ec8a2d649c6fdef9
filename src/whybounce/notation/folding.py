"""Replies of several lines made one, and one reply made comparable with another."""

from whybounce.vocabulary.reply import Reply

LONGEST_REPLY = 4096  # Rules see this much of a reply; what decides stands at its head.

_STRAIGHT = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " "}
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014", "-")
)


def lowered(text: str) -> str:
    """Return the text in lower case, character for character.

    Searching it is five times as fast as searching the text itself whatever the case, and what is
    found there stands in the text at the same place.
    """
    return text.replace("\u0130", "I").lower()  # The one letter whose lower case is two characters.


def writable(text: str) -> str:
    """Return the text without half characters, which no UTF-8 can write.

    Python makes them of bytes on a command line that are no UTF-8.
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def one_line(text: str) -> str:
    """Return the text with every run of white space as one blank."""
    return " ".join(text.split())


def fold(reply: Reply) -> str:
    """Return the reply as rules see it: numbers and words on one line, in lower case.

    Quotation marks are straight, dashes are short, white space is single, and at most ``LONGEST_REPLY``
    characters are kept.
    """
    said = str(reply)[:LONGEST_REPLY]
    if not said.isascii():
        said = said.translate(_STRAIGHT)
    return one_line(said).lower()


def as_written(words: str, reply: Reply) -> str | None:
    """Return words of the folded reply as the reply itself has them; None where it has not."""
    said, folded = one_line(str(reply)[:LONGEST_REPLY]), fold(reply)
    begin = folded.find(words)
    if begin < 0 or len(said) != len(folded):
        return None
    return said[begin : begin + len(words)]


def without_repeated_numbers(text: str, code: str | None, status: str | None) -> str:
    """Drop the numbers that RFC 5321 §4.2.1 repeats at the head of each line of a reply."""
    if code is None:
        return text
    if status is not None:
        text = text.replace(f" {code}-{status} ", " ").replace(f" {code} {status} ", " ")
    return text.replace(f" {code}-", " ")
