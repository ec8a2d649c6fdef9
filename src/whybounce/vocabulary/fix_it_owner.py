"""Who must act."""

from enum import StrEnum


class FixItOwner(StrEnum):
    """Who can put it right. A bounce without this is only half an answer."""

    SENDER = "sender"  # The person who pressed Send.
    SENDER_ADMIN = "sender-admin"  # Whoever runs the sending domain's mail and DNS.
    RECIPIENT = "recipient"  # The person who should have received it.
    RECIPIENT_ADMIN = "recipient-admin"  # Whoever runs the receiving system.
    OPERATOR = "operator"  # Whoever runs the system that reports.
    NOBODY = "nobody"  # Wait; the systems try again by themselves.
