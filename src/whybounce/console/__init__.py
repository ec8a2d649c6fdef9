"""The console: what a gateway's administrators see and do in a browser, and the public way off the block list.

It is a face of the site that ``web`` serves. It asks the gateway's ``Operator`` for all it shows and
changes, as the command line does; what it counts itself is in ``failures``.

Rule 1: nothing but the sign-in and ``/delist`` answers without a session of an administrator, and
whether the account still is one is asked with every request (``signing_in``).
Rule 2: nothing changes by GET, and nothing by a form that did not come from the session's own pages.
"""

from whybounce.console.face import console_face, prepared

__all__ = ["console_face", "prepared"]
