"""What was meant as a status code and is none: 5.71, 5,7,1, 5.7.1O, 57.1."""

import re
from difflib import get_close_matches

from whybounce.catalogue import Catalogue
from whybounce.vocabulary.status_code import StatusCode

_LIKE_A_CODE = re.compile(r"#?[0-9xXoOlI][0-9xXoOlI.,]{1,12}")
_NO_CLASS = re.compile(r"[0136-9]\.")
_BEGUN = re.compile(r"[245]\.[0-7]")  # A class and a subject; the detail is lacking.
_REPLY_CODE = re.compile(r"[2-5][0-9]{2}")


def mistyped_code(catalogue: Catalogue, text: str) -> tuple[str, ...] | None:
    """Return the known codes nearest to a mistyped one, perhaps none; None where it is not one."""
    text = text.strip()
    bare = text.lstrip("#").rstrip(".,")  # A code at the end of a sentence is one.
    if not _LIKE_A_CODE.fullmatch(text) or StatusCode.parse(bare) or _REPLY_CODE.fullmatch(bare):
        return None
    meant = bare.replace(",", ".").strip(".")
    known = _known(catalogue)
    if _NO_CLASS.match(meant):  # RFC 3463 §2: there are three classes, 2, 4 and 5.
        return ()
    if _BEGUN.fullmatch(meant):
        return tuple(
            sorted((code for code in known if code.startswith(f"{meant}.")), key=_in_order)[:3]
        )
    return tuple(get_close_matches(meant, known, n=3, cutoff=0.5))


def _in_order(code: str) -> list[int]:
    return [int(number) for number in code.split(".")]


def _known(catalogue: Catalogue) -> list[str]:
    exact = {
        str(codes)
        for cause in catalogue.causes.values()
        for codes in cause.codes
        if codes.first == codes.last
    }
    return sorted(exact | {str(collision.code) for collision in catalogue.collisions})
