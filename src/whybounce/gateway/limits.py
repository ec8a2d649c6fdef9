"""What one client, sender or mailbox may do: numbers an operator sets, and policies and listeners hold."""

from typing import Annotated

from msgspec import Meta, Struct

from whybounce.gateway.values import Duration, Size

_NO_LIMIT = "0 is no limit"


def _means(text: str, *, ge: int | None = None, le: int | None = None) -> Meta:
    return Meta(description=text, ge=ge, le=le)


class Limits(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    """`[limits]`: what one client, sender or mailbox may do."""

    message_size: Annotated[Size, _means("The largest message (RFC 1870).")] = Size(35 << 20)
    recipients: Annotated[int, _means("Recipients of one message.", ge=1, le=100_000)] = 1000
    recipients_per_domain: Annotated[
        int, _means(f"Recipients of one message at one of our domains; {_NO_LIMIT}.", ge=0)
    ] = 0
    hops: Annotated[int, _means("Received fields a message may have (RFC 5321 §6.3).", ge=1)] = 100
    resubmissions: Annotated[
        int, _means("How often one organisation may forward the same message.", ge=1)
    ] = 20
    failed_logins_per_hour: Annotated[
        int,
        _means(f"Wrong passwords after which the right one bans the account; {_NO_LIMIT}.", ge=0),
    ] = 100
    unregistered_per_day: Annotated[
        int,
        _means(
            f"Recipients our servers may write to from domains that are not ours; {_NO_LIMIT}.",
            ge=0,
        ),
    ] = 0
    recipients_per_day: Annotated[
        int, _means(f"Recipients a mailbox may write to in 24 hours; {_NO_LIMIT}.", ge=0)
    ] = 0
    messages_per_minute: Annotated[
        int, _means(f"Messages a mailbox may send in a minute; {_NO_LIMIT}.", ge=0)
    ] = 0
    received_per_hour: Annotated[
        int, _means(f"Messages a mailbox takes in an hour; {_NO_LIMIT}.", ge=0)
    ] = 0
    received_per_hour_from_one_sender: Annotated[
        int, _means(f"… of them from one sender; {_NO_LIMIT}.", ge=0)
    ] = 0
    deliveries_per_mailbox: Annotated[
        int, _means("Deliveries into one mailbox at one time.", ge=1)
    ] = 2
    mailbox_wait: Annotated[
        Duration,
        _means("How long a delivery waits for those; then it is put off as any other (4.3.2)."),
    ] = Duration(seconds=10)
    ipv6_range_per_hour: Annotated[
        int, _means(f"Messages an hour from one range of IPv6 addresses; {_NO_LIMIT}.", ge=0)
    ] = 0
    ipv6_range: Annotated[
        int, _means("How many bits the addresses of a range share.", ge=16, le=128)
    ] = 64
    unusual_messages: Annotated[
        int,
        _means(
            "Messages an hour from which on a client's and a sending domain's volume is held against"
            f" their own history; {_NO_LIMIT}.",
            ge=0,
        ),
    ] = 0
    unusual_times: Annotated[
        int, _means("How many times its usual hour makes a volume unusual.", ge=1)
    ] = 5
    unknown_recipients: Annotated[
        int,
        _means(
            f"The percentage of unknown recipients in an hour that is suspicious; {_NO_LIMIT}.",
            ge=0,
            le=100,
        ),
    ] = 0
    spam: Annotated[
        int,
        _means(f"The percentage of spam in an hour that is suspicious; {_NO_LIMIT}.", ge=0, le=100),
    ] = 0
    least: Annotated[
        int, _means("Recipients or messages in an hour before a percentage says anything.", ge=1)
    ] = 20
    restriction: Annotated[
        Duration, _means("How long who is suspicious is told to try again later.")
    ] = Duration(hours=1)
    embedded_files: Annotated[int, _means(f"Files inside one attachment; {_NO_LIMIT}.", ge=0)] = 0
    reference_header: Annotated[
        Size, _means(f"The longest x-dg-ref field, which Rich Text makes; {_NO_LIMIT}.")
    ] = Size(0)
    group_members: Annotated[
        int, _means("Members a group has at most, those of its groups included.", ge=1)
    ] = 10_000
    errors: Annotated[int, _means("Commands not understood, in one session.", ge=1)] = 20
    auth_failures: Annotated[int, _means("Failed logins in one session.", ge=1)] = 3
    idle: Annotated[Duration, _means("Between two commands (RFC 5321 §4.5.3.2.7).")] = Duration(
        minutes=5
    )
    data_idle: Annotated[Duration, _means("Between two pieces of a message.")] = Duration(minutes=3)
    session: Annotated[Duration, _means("From the first octet to the last command.")] = Duration(
        hours=4
    )
