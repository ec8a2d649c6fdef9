"""What was meant as a status code and is none: 5.71, 5,7,1, 5.7.1O, 57.1."""

import re
from difflib import get_close_matches

from whybounce.catalogue import Catalogue
from whybounce.vocabulary.status_code import StatusCode

_LIKE_A_CODE = re.compile(r"#?[0-9xXoOlI][0-9xXoOlI.,]{1,12}")
_REPLY_CODE = re.compile(r"[2-5][0-9]{2}")


def mistyped_code(catalogue: Catalogue, text: str) -> tuple[str, ...] | None:
    """Return the known codes nearest to a mistyped one, perhaps none; None where it is not one."""
    text = text.strip()
    bare = text.lstrip("#")
    if not _LIKE_A_CODE.fullmatch(text) or StatusCode.parse(bare) or _REPLY_CODE.fullmatch(bare):
        return None
    return tuple(get_close_matches(bare.replace(",", "."), _known(catalogue), n=3, cutoff=0.5))


def _known(catalogue: Catalogue) -> list[str]:
    exact = {
        str(codes)
        for cause in catalogue.causes.values()
        for codes in cause.codes
        if codes.first == codes.last
    }
    return sorted(exact | {str(collision.code) for collision in catalogue.collisions})
