"""Reading: bytes in, a Report out, whatever the bytes were.

Each file in this package knows one form of bounce and offers one function, ``read``, which
returns a Report or None for "not mine". The forms are tried from the strictest to the loosest;
the order is the tuple below, nowhere else. No form raises on bad mail: what it could not use
it records as a Defect, and what nobody said stays None.
"""

from whybounce.reading import complaint, delivery_status, paragraphs
from whybounce.reading.mime import parse_message
from whybounce.vocabulary.report import Defect, Report

_FORMS = (delivery_status.read, complaint.read, paragraphs.read)

__all__ = ["read"]


def read(raw: bytes) -> Report:
    """Return what the message says about delivery. Never raises.

    A message in none of the known forms is a Report without outcomes, with a Defect that says so.
    """
    message = parse_message(raw)
    for form in _FORMS:
        report = form(message)
        if report is not None:
            return report
    what = "nothing to read" if not raw.strip() else "no form of bounce that is known here"
    return Report(defects=(Defect("message", what),))
