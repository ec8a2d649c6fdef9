"""The store: messages, their queue and their lives, and what is counted and blocked. Nothing lost.

``open_store`` gives a ``Store``; its methods are the operations. What they take and give are the
nouns of ``rows``. One thread writes (``writer``); reading goes on beside it (``reader``). Each
operation is a file: ``accepting``, ``leasing``, ``settling``, ``operating``, ``quarantining``,
``recording``, ``calling``, ``counting``, ``blocking``, ``holding``, ``purging``, ``tracing``, ``figuring``.

What must always hold is written into the ``tables``, so that the database refuses what a mistake
here would do. There is no clock in here and no chance: time and randomness are passed in. Beside
``dialect`` and its two modules nothing knows which database it is.
"""

from whybounce.gateway.store.blocking import Lifting, NewBlock
from whybounce.gateway.store.bodies import IncomingBody, body_of
from whybounce.gateway.store.errors import (
    BodyGoneError,
    CorruptBodyError,
    LeaseLostError,
    StoreError,
    StoreInUseError,
    StoreSetupError,
    StoreUnavailableError,
    Trouble,
    UnknownMessageError,
)
from whybounce.gateway.store.holding import Claim
from whybounce.gateway.store.leasing import Share, Turns
from whybounce.gateway.store.operating import Deed, Instruction
from whybounce.gateway.store.purging import Retention
from whybounce.gateway.store.schedule import Schedule, next_try, schedules
from whybounce.gateway.store.store import Store, open_store
from whybounce.gateway.store.tracing import Filter

__all__ = [
    "BodyGoneError",
    "Claim",
    "CorruptBodyError",
    "Deed",
    "Filter",
    "IncomingBody",
    "Instruction",
    "LeaseLostError",
    "Lifting",
    "NewBlock",
    "Retention",
    "Schedule",
    "Share",
    "Store",
    "StoreError",
    "StoreInUseError",
    "StoreSetupError",
    "StoreUnavailableError",
    "Trouble",
    "Turns",
    "UnknownMessageError",
    "body_of",
    "next_try",
    "open_store",
    "schedules",
]
