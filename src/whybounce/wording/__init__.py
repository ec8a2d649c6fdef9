"""Wording: an Explanation and a language in, sentences out.

Everything people read takes its words from here: the command line, pages, NDRs and the gateway's
replies. The order of every answer is the order of the fields of ``Words``: verdict, who must
act, will sending again help, what to do, the server's own words, the sentence to pass on, why.
"""

from whybounce.wording.filling import PLACEHOLDERS, fill, printable
from whybounce.wording.own_replies import NoReplyFormError, own_reply
from whybounce.wording.speaker import Speaker, UnknownLanguageError

__all__ = [
    "PLACEHOLDERS",
    "NoReplyFormError",
    "Speaker",
    "UnknownLanguageError",
    "fill",
    "own_reply",
    "printable",
]
