"""The seeds' table: what people look up, row by row.

The rows were typed from the two articles the project was created from, not from our own data.
"""

import pytest

import whybounce
from whybounce.catalogue import catalogue
from whybounce.explaining import causes_of_code
from whybounce.vocabulary.status_code import StatusCode

# Codes, the seed's title, the causes that implement the row, and who must act.
ROWS: list[tuple[tuple[str, ...], str, tuple[str, ...], str]] = [
    (
        ("4.3.2",),
        "STOREDRV.Deliver; recipient thread limit exceeded",
        ("recipient-thread-limit",),
        "sender-admin",
    ),
    (
        ("4.4.316",),
        "Connection refused [Message=Socket error code 10061]",
        ("connection-refused",),
        "recipient-admin",
    ),
    (("4.4.7",), "Message expired", ("message-expired",), "recipient-admin"),
    (
        ("4.4.8",),
        "MX hosts of <domain> failed MTA-STS validation",
        ("mta-sts-mx-mismatch",),
        "recipient-admin",
    ),
    (("4.5.3",), "Too many recipients", ("too-many-recipients-at-once",), "sender-admin"),
    (
        ("4.7.5",),
        "Remote certificate failed MTA-STS validation. Reason: <validityStatus>",
        ("mta-sts-certificate",),
        "recipient-admin",
    ),
    (
        ("4.7.26",),
        "Access denied, a message sent over IPv6 [address] must pass either SPF or DKIM validation, this message is not signed",
        ("ipv6-needs-spf-or-dkim",),
        "sender-admin",
    ),
    (
        ("4.7.321",),
        "starttls-not-supported: Destination mail server must support TLS to receive mail.",
        ("starttls-not-supported",),
        "recipient-admin",
    ),
    (
        ("4.7.322",),
        "certificate-expired: Destination mail server's certificate is expired.",
        ("certificate-expired",),
        "recipient-admin",
    ),
    (
        ("4.7.323",),
        "tlsa-invalid: The domain failed DANE validation.",
        ("tlsa-invalid",),
        "recipient-admin",
    ),
    (
        ("4.7.324",),
        "dnssec-invalid: Destination domain returned invalid DNSSEC records",
        ("dnssec-invalid",),
        "recipient-admin",
    ),
    (
        ("4.7.325",),
        "certificate-host-mismatch: Remote certificate MUST have a common name or subject alternative name matching the hostname (DANE)",
        ("certificate-host-mismatch",),
        "recipient-admin",
    ),
    (
        ("4.7.500",),
        "Access denied, please try again later",
        ("sender-temporarily-restricted",),
        "sender-admin",
    ),
    (
        ("4.7.850",),
        "Access denied, please try again later",
        ("ip-temporarily-restricted",),
        "sender-admin",
    ),
    (
        ("5.0.350",),
        "Generic error, x-dg-ref header is too long, or Requested action not taken: policy violation detected (AS345)",
        ("generic-remote-error", "rich-text-header-too-long", "nested-attachments"),
        "sender",
    ),
    (("5.1.0",), "Sender denied", ("sender-denied",), "sender"),
    (("5.1.1",), "Bad destination mailbox address", ("no-such-mailbox",), "sender"),
    (("5.1.8",), "Access denied, bad outbound sender", ("bad-outbound-sender",), "sender-admin"),
    (("5.1.10",), "Recipient not found", ("recipient-not-found",), "sender"),
    (
        ("5.1.90",),
        "Your message can't be sent because you've reached your daily limit for message recipients",
        ("daily-recipient-limit",),
        "sender",
    ),
    (("5.2.2",), "Submission quota exceeded", ("submission-quota-exceeded",), "sender"),
    (
        ("5.2.121",),
        "Recipient's per hour message receive limit from specific sender exceeded",
        ("hourly-limit-from-one-sender",),
        "sender-admin",
    ),
    (
        ("5.2.122",),
        "Recipient's per hour message receive limit exceeded",
        ("hourly-receive-limit",),
        "sender-admin",
    ),
    (
        ("5.3.190",),
        "Journaling on-premises messages to Microsoft 365 or Office 365 not supported when Journaling Archive is disabled",
        ("journaling-not-supported",),
        "recipient-admin",
    ),
    (("5.4.1",), "Relay Access Denied", ("relay-access-denied",), "recipient-admin"),
    (
        ("5.4.1",),
        "Recipient address rejected: Access denied",
        ("recipient-rejected-at-edge",),
        "sender",
    ),
    (("5.4.6", "5.4.14"), "Routing loop detected", ("routing-loop",), "recipient-admin"),
    (
        ("5.4.8",),
        "MX hosts of <domain> failed MTA-STS validation",
        ("mta-sts-mx-mismatch",),
        "recipient-admin",
    ),
    (("5.4.300",), "Message expired", ("message-expired",), "recipient-admin"),
    (
        ("5.5.0",),
        "550 5.5.0 Requested action not taken: mailbox unavailable",
        ("mailbox-unavailable",),
        "sender",
    ),
    (("5.6.11",), "Invalid characters", ("bare-line-feeds",), "sender"),
    (("5.7.1",), "Delivery not authorized", ("delivery-not-authorized",), "sender"),
    (("5.7.1",), "Unable to relay", ("unable-to-relay",), "sender-admin"),
    (("5.7.1",), "Client was not authenticated", ("client-not-authenticated",), "recipient-admin"),
    (
        ("5.7.5",),
        "Remote certificate failed MTA-STS validation. Reason: <validityStatus>",
        ("mta-sts-certificate",),
        "recipient-admin",
    ),
    (
        ("5.7.12",),
        "Sender was not authenticated by organization",
        ("sender-not-authenticated-by-organization",),
        "recipient-admin",
    ),
    (
        ("5.7.23",),
        "The message was rejected because of Sender Policy Framework violation",
        ("spf-violation",),
        "sender-admin",
    ),
    (
        ("5.7.57",),
        "Client was not authenticated to send anonymous mail during MAIL FROM",
        ("anonymous-submission",),
        "sender-admin",
    ),
    (
        ("5.7.64",),
        "TenantAttribution; Relay Access Denied",
        ("tenant-attribution",),
        "sender-admin",
    ),
    (
        ("5.7.124",),
        "Sender not in allowed-senders list",
        ("sender-not-in-allowed-list",),
        "recipient-admin",
    ),
    (
        ("5.7.133",),
        "Sender not authenticated for group",
        ("sender-not-authenticated-for-group",),
        "recipient-admin",
    ),
    (
        ("5.7.134",),
        "Sender was not authenticated for mailbox",
        ("sender-not-authenticated-for-mailbox",),
        "recipient-admin",
    ),
    (
        ("5.7.13", "5.7.135"),
        "Sender was not authenticated for public folder",
        ("sender-not-authenticated-for-public-folder",),
        "recipient-admin",
    ),
    (
        ("5.7.136",),
        "Sender was not authenticated",
        ("sender-not-authenticated-for-mail-user",),
        "recipient-admin",
    ),
    (
        ("5.7.25",),
        "Access denied, the sending IPv6 address [address] must have a reverse DNS record",
        ("ipv6-needs-reverse-dns",),
        "sender-admin",
    ),
    (
        ("5.7.321",),
        "starttls-not-supported: Destination mail server must support TLS to receive mail.",
        ("starttls-not-supported",),
        "recipient-admin",
    ),
    (
        ("5.7.322",),
        "certificate-expired: Destination mail server's certificate is expired.",
        ("certificate-expired",),
        "recipient-admin",
    ),
    (
        ("5.7.323",),
        "tlsa-invalid: The domain failed DANE validation.",
        ("tlsa-invalid",),
        "recipient-admin",
    ),
    (
        ("5.7.324",),
        "dnssec-invalid: Destination domain returned invalid DNSSEC records",
        ("dnssec-invalid",),
        "recipient-admin",
    ),
    (
        ("5.7.325",),
        "certificate-host-mismatch: Remote certificate MUST have a common name or subject alternative name matching the hostname (DANE)",
        ("certificate-host-mismatch",),
        "recipient-admin",
    ),
    (("5.7.501",), "Access denied, spam abuse detected", ("spam-abuse-detected",), "sender-admin"),
    (("5.7.502",), "Access denied, banned sender", ("banned-sender",), "sender-admin"),
    (("5.7.503",), "Access denied, banned sender", ("banned-sender",), "sender-admin"),
    (
        ("5.7.504",),
        "[address]: Recipient address rejected: Access denied",
        ("recipient-address-rejected",),
        "sender",
    ),
    (("5.7.505",), "Access denied, banned recipient", ("banned-recipient",), "sender"),
    (("5.7.506",), "Access Denied, Bad HELO", ("bad-helo",), "sender-admin"),
    (
        ("5.7.507",),
        "Access denied, rejected by recipient",
        ("rejected-by-recipient",),
        "recipient-admin",
    ),
    (
        ("5.7.508",),
        "Access denied, [$SenderIPAddress] has exceeded permitted limits within $range range",
        ("ipv6-range-limit",),
        "sender-admin",
    ),
    (
        ("5.7.509",),
        "Access denied, sending domain [$SenderDomain] does not pass DMARC verification and has a DMARC policy of reject.",
        ("dmarc-reject",),
        "sender-admin",
    ),
    (
        ("5.7.510",),
        "Access denied, [contoso.com] does not accept email over IPv6",
        ("no-ipv6",),
        "sender-admin",
    ),
    (("5.7.511",), "Access denied, banned sender", ("banned-ip",), "sender-admin"),
    (
        ("5.7.512",),
        "Access denied, message must be RFC 5322 section 3.6.2 compliant",
        ("no-valid-from",),
        "sender-admin",
    ),
    (
        ("5.7.513",),
        "Service unavailable, Client host [$ConnectingIP] blocked by $recipientDomain using Customer Block list (AS16012607)",
        ("customer-block-list",),
        "recipient-admin",
    ),
    (
        ("5.7.606",),
        "Access denied, banned sending IP [IP1.IP2.IP3.IP4]",
        ("banned-sending-ip",),
        "sender-admin",
    ),
    (
        ("5.7.703",),
        "Your message can't be delivered because messages to XXX, YYY are blocked by your organization using Tenant Allow Block List.",
        ("tenant-block-list",),
        "sender-admin",
    ),
    (
        ("5.7.705", "5.7.708"),
        "5.7.705 Access denied, tenant has exceeded threshold, 5.7.708 Access denied, traffic not accepted from this IP",
        ("traffic-not-accepted-from-ip", "tenant-threshold-exceeded"),
        "sender-admin",
    ),
    (
        ("5.7.700",),
        "5.7.705 Access denied, tenant has exceeded threshold, 5.7.708 Access denied, traffic not accepted from this IP",
        ("tenant-restricted",),
        "sender-admin",
    ),
    (
        ("5.7.750",),
        "Service unavailable. Client blocked from sending from unregistered domains",
        ("unregistered-domains",),
        "sender-admin",
    ),
    (
        (),
        "The message can't be submitted because the sender's submission quota was exceeded",
        ("submission-quota-exceeded",),
        "sender",
    ),
]


def _names(row) -> str:
    return f"{'-'.join(row[0]) or 'no-code'}-{row[2][0]}"


def test_the_table_is_whole():
    """Both articles together have 69 rows."""
    assert len(ROWS) == 69


@pytest.mark.parametrize("row", ROWS, ids=_names)
def test_a_row_is_found_by_its_code(row):
    """The code alone leads to the row's cause, or names it among its readings."""
    codes, _, causes, _ = row
    for code in codes:
        explanation = whybounce.explain(code)
        readings = {explanation.cause, *(other.cause for other in explanation.alternatives)}
        listed = set(causes_of_code(catalogue(), StatusCode.parse(code)))

        assert readings & set(causes)
        assert listed & set(causes)


@pytest.mark.parametrize("row", ROWS, ids=_names)
def test_a_row_is_found_by_its_code_and_title_together(row):
    """Pasted with its code, the row leads to its own cause and to nobody else's owner."""
    codes, title, causes, owner = row
    for code in codes:
        explanation = whybounce.explain(f"{code} {title}")

        assert explanation.cause in causes, explanation.because
        assert owner == explanation.owner


@pytest.mark.parametrize("row", ROWS, ids=_names)
def test_a_row_is_found_by_its_title_alone(row):
    """The title leads to the row's cause, or to that of a row with the very same title."""
    title = row[1]
    causes = {cause for other in ROWS if other[1] == title for cause in other[2]}
    explanation = whybounce.explain(title)
    readings = {explanation.cause, *(other.cause for other in explanation.alternatives)}

    assert readings & causes, explanation.because


def test_every_row_is_implemented_once_and_by_name():
    """Each cause names the rows it implements; together they are the table."""
    named = {seed for cause in whybounce.causes().values() for seed in cause.seeds}

    assert {title for _, title, _, _ in ROWS} == {seed.partition(" ")[2] for seed in named}
