"""The web: pages that explain, and the same answers for programs. No gateway, no database.

In goes what a person pastes or a program posts; out comes a page, or the JSON of ``wire``. Nothing
that is sent is kept. What another part of the product adds to the same site is a ``Face``: its
routes, and where they stand in the navigation.

A request passes, outermost first: ``headers`` (what every answer carries), ``intake`` (how much may
be sent, and how much at once), then a route of ``pages`` or ``interface``. What takes long is done
in other processes (``thinking``), so that one huge bounce keeps nobody else waiting.
"""

from whybounce.web.app import Face, Link, Means, Settings, create_app

__all__ = ["Face", "Link", "Means", "Settings", "create_app"]
