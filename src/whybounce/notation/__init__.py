"""Notation: the one grammar of what mail servers write.

In goes a line, a block or a fragment that a person copied from somewhere; out comes an Outcome:
who was addressed, which server spoke, what it replied, and what that reply repeats of another's.
The notations are tried in the order of ``quotation.NOTATIONS``, the most telling first; what is
none of them is read as a plain reply. Nothing here knows a cause, and nothing raises.
"""

from whybounce.notation.authentication import authentication_results
from whybounce.notation.authentication_fields import without_forged, written_results, written_spf
from whybounce.notation.chain import write_reply
from whybounce.notation.decoding import decoded, from_base64
from whybounce.notation.encoded_words import decoded_words
from whybounce.notation.folding import fold, lowered, writable
from whybounce.notation.header import first_field, header_fields, untyped
from whybounce.notation.loopback import is_loopback
from whybounce.notation.mailboxes import mailboxes
from whybounce.notation.original import hops_of, original_of
from whybounce.notation.quotation import commands_in, read_text
from whybounce.notation.received import read_date, read_received, read_timestamp
from whybounce.notation.replies import read_reply
from whybounce.notation.unicode_address import escape_address, unescape_address

__all__ = [
    "authentication_results",
    "commands_in",
    "decoded",
    "decoded_words",
    "escape_address",
    "first_field",
    "fold",
    "from_base64",
    "header_fields",
    "hops_of",
    "is_loopback",
    "lowered",
    "mailboxes",
    "original_of",
    "read_date",
    "read_received",
    "read_reply",
    "read_text",
    "read_timestamp",
    "unescape_address",
    "untyped",
    "without_forged",
    "writable",
    "write_reply",
    "written_results",
    "written_spf",
]
