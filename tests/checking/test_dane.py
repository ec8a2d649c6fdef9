"""What a server shows, held against what its domain vouches for."""

import hashlib
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, strategies as st

from certificates import TODAY, Certified, issued, root
from whybounce.checking.dane import DaneFault, judge, strongest
from whybounce.checking.tlsa import Tlsa, parsed

HOST = "mx.example.org"
NAMES = (HOST, "example.org")
LAST_YEAR = TODAY - timedelta(days=365)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)

INNER = issued("Inner", root(), authority=True)
OTHER = issued("Other Root", authority=True)
LEAF = issued(HOST, INNER)
OLD = {"begins": LAST_YEAR, "ends": YESTERDAY}
EARLY = {"begins": TOMORROW}


def fault(record: str | list[str], *chain: Certified, names=NAMES) -> DaneFault | None:
    """Return what is found."""
    records = [record] if isinstance(record, str) else record
    found = judge([parsed(each) for each in records], [each.der for each in chain], names, TODAY)
    return found.fault


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
@pytest.mark.parametrize(("usage", "named"), [(2, root()), (2, INNER), (3, LEAF)])
def test_whatever_is_compared_and_however_the_right_one_is_known(usage, named, selector, matching):
    """RFC 6698 §2.1."""
    assert fault(named.tlsa(usage, selector, matching), LEAF, INNER, root()) is None
    assert fault(OTHER.tlsa(usage, selector, matching), LEAF, INNER, root()) is DaneFault.NO_MATCH


SERVER = [
    ("of another name", issued("other.example.com"), None),
    ("without a name", issued("x", names=[]), None),
    ("expired", issued(HOST, **OLD), None),
    ("not valid yet", issued(HOST, **EARLY), None),
    ("for clients only", issued(HOST, purposes=[ExtendedKeyUsageOID.CLIENT_AUTH]), None),
]


@pytest.mark.parametrize(
    ("own", "expected"), [row[1:] for row in SERVER], ids=[r[0] for r in SERVER]
)
def test_of_a_server_that_is_vouched_for_itself_nothing_else_counts(own, expected):
    """RFC 7671 §5.1: neither names nor dates."""
    assert fault(own.tlsa(3, 1, 1), own) is expected


EXPIRED_INNER = issued("Inner", root(), authority=True, **OLD)
SHORT = issued("Short", root(), authority=True, path_length=0)
BELOW_SHORT = issued("Below", SHORT, authority=True)
NO_AUTHORITY = issued("mx2.example.org", root())
NO_SIGNER = issued("No Signer", root(), authority=True, may_sign=False)
FOR_CODE = issued("Code", root(), authority=True, purposes=[ExtendedKeyUsageOID.CODE_SIGNING])
ELSEWHERE = issued("Elsewhere", root(), authority=True, only_for="example.com")
HERE = issued("Here", root(), authority=True, only_for="example.org")
SHORT_ROOT = issued("Short Root", authority=True, path_length=0)
BELOW_SHORT_ROOT = issued("Below", SHORT_ROOT, authority=True)
OLD_ROOT = issued("Old Root", authority=True, **OLD)
OWN = issued(HOST)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"x")
OF = "2 1 1"

AUTHORITY = [
    ("issued directly", root(), [issued(HOST, root()), root()], None),
    ("by one in between", root(), [LEAF, INNER, root()], None),
    ("by one in between, which is vouched for", INNER, [LEAF, INNER], None),
    ("its authority is not sent", root(), [LEAF, INNER], DaneFault.NO_MATCH),
    ("the one in between is not sent", root(), [LEAF, root()], DaneFault.NO_MATCH),
    ("in any order, with others", root(), [LEAF, OTHER, root(), NO_AUTHORITY, INNER], None),
    ("sent twice", root(), [LEAF, LEAF, INNER, INNER, root(), root()], None),
    ("named after the domain", root(), [issued("example.org", root()), root()], None),
    ("a wildcard", root(), [issued("*.example.org", root()), root()], None),
    ("a wildcard for more", root(), [issued("*.org", root()), root()], DaneFault.NAME),
    ("part of a label", root(), [issued("m*.example.org", root()), root()], DaneFault.NAME),
    ("only a common name", root(), [issued(HOST, root(), names=[]), root()], None),
    (
        "a common name beside another",
        root(),
        [issued(HOST, root(), names=["x.example"]), root()],
        DaneFault.NAME,
    ),
    ("another name", root(), [issued("mx.example.com", root()), root()], DaneFault.NAME),
    ("expired", root(), [issued(HOST, root(), **OLD), root()], DaneFault.EXPIRED),
    (
        "expired, and another name",
        root(),
        [issued("mx.example.com", root(), **OLD), root()],
        DaneFault.EXPIRED,
    ),
    ("not valid yet", root(), [issued(HOST, root(), **EARLY), root()], DaneFault.NOT_YET_VALID),
    (
        "one in between expired",
        root(),
        [issued(HOST, EXPIRED_INNER), EXPIRED_INNER, root()],
        DaneFault.EXPIRED,
    ),
    ("the authority expired", OLD_ROOT, [issued(HOST, OLD_ROOT), OLD_ROOT], DaneFault.EXPIRED),
    (
        "two of one name, one expired",
        root(),
        [LEAF, EXPIRED_INNER, INNER, root()],
        None,
    ),
    (
        "path too long",
        root(),
        [issued(HOST, BELOW_SHORT), BELOW_SHORT, SHORT, root()],
        DaneFault.NO_MATCH,
    ),
    (
        "path too long for the authority",
        SHORT_ROOT,
        [issued(HOST, BELOW_SHORT_ROOT), BELOW_SHORT_ROOT, SHORT_ROOT],
        DaneFault.NO_MATCH,
    ),
    ("path just short enough", root(), [issued(HOST, SHORT), SHORT, root()], None),
    ("by no authority", root(), [issued(HOST, NO_AUTHORITY), NO_AUTHORITY, root()], DaneFault.NO_MATCH),
    ("by one that may not sign", root(), [issued(HOST, NO_SIGNER), NO_SIGNER, root()], DaneFault.NO_MATCH),
    ("by one for code", root(), [issued(HOST, FOR_CODE), FOR_CODE, root()], DaneFault.NO_MATCH),
    (
        "for clients only",
        root(),
        [issued(HOST, root(), purposes=[ExtendedKeyUsageOID.CLIENT_AUTH]), root()],
        DaneFault.NO_MATCH,
    ),
    (
        "for any purpose",
        root(),
        [issued(HOST, root(), purposes=[ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]), root()],
        None,
    ),
    ("by one for other names", root(), [issued(HOST, ELSEWHERE), ELSEWHERE, root()], DaneFault.NO_MATCH),
    ("by one for such names", root(), [issued(HOST, HERE), HERE, root()], None),
    (
        "with a demand nobody knows",
        root(),
        [issued(HOST, root(), critical=UNKNOWN), root()],
        DaneFault.NO_MATCH,
    ),
    ("its own authority", OWN, [OWN], DaneFault.NO_MATCH),
    ("its own authority, sent twice", OWN, [OWN, OWN], DaneFault.NO_MATCH),
    (
        "one of the authority's name with another key",
        root(),
        [issued(HOST, issued("Test Root", authority=True)), root()],
        DaneFault.NO_MATCH,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("named", "chain", "expected"),
    [row[1:] for row in AUTHORITY],
    ids=[row[0] for row in AUTHORITY],
)
def test_what_an_authority_issued_is_in_order_from_end_to_end(named, chain, expected):
    """RFC 7671 §5.2, RFC 5280 §6: and the server's own is never the authority."""
    assert fault(named.tlsa(2, 1, 1), *chain) is expected
    assert fault(named.tlsa(2, 0, 2), *chain) is expected


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        (issued(HOST, root()), None),
        (issued("mx.example.com", root()), DaneFault.NAME),
        (issued(HOST, root(), **OLD), DaneFault.EXPIRED),
        (issued(HOST, OTHER), DaneFault.NO_MATCH),
    ],
    ids=["good", "another name", "expired", "of another"],
)
@pytest.mark.parametrize("selector", [0, 1], ids=["certificate", "bare key"])
def test_an_authority_that_stands_whole_in_the_record_need_not_be_sent(leaf, selector, expected):
    """2 0 0 and 2 1 0: RFC 6698 §2.1.1 with RFC 7671 §5.2.2."""
    assert fault(root().tlsa(2, selector, 0), leaf) is expected


def test_one_record_that_fits_is_enough():
    """As while keys are rolled over, RFC 7671 §8."""
    records = [OTHER.tlsa(3, 1, 1), OTHER.tlsa(2, 0, 1), LEAF.tlsa(3, 1, 1)]

    assert fault(records, LEAF) is None
    assert fault(records[:2], LEAF) is DaneFault.NO_MATCH


def test_the_gravest_that_can_be_told_is_told():
    """An expired certificate of the right authority, rather than that some record does not fit."""
    expired = issued(HOST, root(), **OLD)

    assert fault([OTHER.tlsa(3, 1, 1), root().tlsa(2, 1, 1)], expired, root()) is DaneFault.EXPIRED


def test_of_digests_of_one_kind_only_the_strongest_counts():
    """RFC 7671 §9: who breaks the weaker one gains nothing by it."""
    weak, strong = LEAF.tlsa(3, 1, 1), OTHER.tlsa(3, 1, 2)

    assert fault([weak, strong], LEAF) is DaneFault.NO_MATCH
    assert fault([LEAF.tlsa(3, 0, 1), strong], LEAF) is None  # Of another kind.
    assert fault([LEAF.tlsa(3, 1, 0), strong], LEAF) is None  # No digest.
    assert strongest([parsed(weak), parsed(weak)]) == (parsed(weak),)


@pytest.mark.parametrize(
    "record",
    [
        "0 0 1 " + "00" * 32,
        "1 1 1 " + "00" * 32,
        "3 2 1 " + "00" * 32,
        "3 1 3 " + "00" * 32,
        "3 1 1 " + "00" * 31,
        "3 1 2 " + "00" * 32,
        "2 0 0 0102",
        "2 1 0 0102",
        "4 0 1 " + "00" * 32,
        "3 1 1",
    ],
)
def test_records_that_smtp_cannot_use_are_known(record):
    """RFC 7672 §3.1.3, RFC 7671 §10.1.1: usages of public authorities, and what nobody can read."""
    assert not parsed(record).is_usable


def test_evidence_names_the_certificate_and_what_would_mend_the_record():
    """Subject, issuer, dates; what the record says, and what it would have to say."""
    found = judge([parsed(OTHER.tlsa(3, 1, 1))], [LEAF.der], NAMES, TODAY)

    assert 'certificate "mx.example.org" for mx.example.org, issued by "Inner"' in found.evidence
    begins, ends = LAST_YEAR.date(), (TODAY + timedelta(days=365)).date()
    assert f"valid from {begins} to {ends}" in found.evidence
    assert hashlib.sha256(LEAF.public_key).hexdigest() in found.evidence
    assert str(found.record) == OTHER.tlsa(3, 1, 1)


def test_a_stranger_s_name_is_cut_and_cannot_pass_for_ours():
    """No quotation marks, no brackets, no lines."""
    own = issued('x" (250 2.0.0 Ok)\r\n' + "y" * 40)
    found = judge([parsed(OTHER.tlsa(3, 1, 1))], [own.der], NAMES, TODAY)

    assert '"x? ?250 2.0.0 Ok???y' in found.evidence


@given(st.lists(st.binary(max_size=200), max_size=4), st.binary(max_size=70), st.integers(0, 255))
def test_no_octets_make_judging_raise(chain, data, kind):
    """Whatever a server shows and a zone holds."""
    records = [Tlsa(usage, kind % 3, kind % 4, data) for usage in range(5)]

    assert judge(records, chain, NAMES, TODAY).fault is not None


def test_a_chain_made_to_branch_costs_little():
    """Signatures that are checked are counted."""
    many = [issued("Loop", authority=True) for _ in range(12)]
    chain = [issued(HOST, many[0]), *many]

    assert fault(root().tlsa(2, 1, 1), *chain) is DaneFault.NO_MATCH
