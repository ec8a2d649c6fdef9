"""The addresses in an originator field: From, Sender, Reply-To. RFC 5322 §3.4, §3.6.2; RFC 6854.

Rule 1: an address beside a name stands in angle brackets; words with an @ somewhere are none.
Rule 2: what does no harm is let pass, as mail programs do: dots where none may be, names that lack
their quotation marks, comments and blanks anywhere.
"""

import re
from collections.abc import Iterator

_LONGEST = 4096  # Characters of a field that are read; a quoted string has 1,000 at most.

_IN_COMMENT = re.compile(r"\\.|[^()\\]++|.", re.DOTALL)
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.){0,1000}+"|\[[^\[\]\\\s]*+\]|\s++|[^\s"\[()<>,:;]++|.', re.DOTALL
)
_BLANK = " "

# RFC 6532 §3.2: all that is beyond ASCII is a letter, the marks of Indic scripts among them.
_QUOTED = r'"(?:[^"\\]++|\\.)*+"'
_ATOMS = r"""[^\x00-\x20\x7f"(),:;<>@\[\]\\]++"""
_LABEL = r"""[^\x00-\x2c./:-@\[-^`{-\x7f]++"""
_LOCAL = rf"(?:{_ATOMS}|{_QUOTED})(?:\.{_QUOTED})*+"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*+|\[[^\[\]\\\s]++\])"
_ADDRESS = re.compile(rf"{_LOCAL}@{_DOMAIN}", re.DOTALL)
_ROUTE = re.compile(rf"@{_DOMAIN}(?:,@{_DOMAIN})*+:")  # RFC 5322 §4.4: obsolete.


def mailboxes(value: str) -> tuple[str, ...]:
    """Return the addresses of a list of mailboxes, those of groups too; what is none is left out."""
    return tuple(
        address for element in _elements(value[:_LONGEST]) if (address := _address(element))
    )


def _elements(value: str) -> Iterator[list[str]]:
    """Yield the tokens of each mailbox: what stands between commas, without a group's name."""
    element: list[str] = []
    in_brackets = False
    for piece in _tokens(value):
        if piece in "<>":
            in_brackets = piece == "<"
        elif not in_brackets and piece in ",;":
            yield element
            element = []
            continue
        elif not in_brackets and piece == ":":
            element = []
            continue
        element.append(piece)
    yield element


def _tokens(value: str) -> Iterator[str]:
    """Yield words, quoted strings, literals and marks; comments and white space as one blank."""
    at = depth = 0
    while match := (_IN_COMMENT if depth else _TOKEN).match(value, at):
        piece, at = match[0], match.end()
        if piece in "()":
            depth = max(0, depth + (1 if piece == "(" else -1))
            yield _BLANK
        elif not depth:
            yield _BLANK if piece.isspace() else piece


def _address(element: list[str]) -> str | None:
    if "<" in element:
        element = element[element.index("<") + 1 :]
        if ">" not in element:
            return None
        element = element[: element.index(">")]
    written = _joined(element)
    route = _ROUTE.match(written)
    written = written[route.end() :] if route else written
    return written if _ADDRESS.fullmatch(written) else None


def _joined(tokens: list[str]) -> str:
    """Return the tokens as one word; blanks go where they may stand: around dots and the @."""
    joined: list[str] = []
    pending = False
    for piece in tokens:
        if piece == _BLANK:
            pending = bool(joined)
            continue
        if pending and not (joined[-1][-1] in ".@" or piece[0] in ".@"):
            joined.append(_BLANK)
        pending = False
        joined.append(piece)
    return "".join(joined)
