"""The catalogue: what is known about why mail is not delivered, and one loader.

``causes/``   one TOML file per cause; the file name is the id
``replies/``  one TOML file per mail system: pattern → cause, with the replies it was written for
``codes/``    IANA's registry, and the codes that mean different things to different systems
``words/``    frame sentences, and causes in other languages than English

``catalogue()`` reads this package's own files; ``load_overlay`` lays an operator's words over them. It knows no lookup: which rule
a reply meets is ``explaining``'s question. In a wheel the files come compiled into one; a
checkout reads the TOML unless a compiled file is there that is newer than all of it.
"""

from functools import cache
from pathlib import Path

from whybounce.catalogue.compiled import read_compiled
from whybounce.catalogue.errors import CatalogueError, UnknownCauseError
from whybounce.catalogue.loader import Catalogue, load_catalogue
from whybounce.catalogue.overlay import Overlay, load_overlay

FOLDER = Path(__file__).parent

__all__ = [
    "FOLDER",
    "Catalogue",
    "CatalogueError",
    "Overlay",
    "UnknownCauseError",
    "catalogue",
    "load_overlay",
]


@cache
def catalogue() -> Catalogue:
    """Return the catalogue, read on first use.

    Raises:
        CatalogueError: A file of the catalogue is malformed.

    """
    return read_compiled(FOLDER) or load_catalogue(FOLDER)
