"""What partners' connectors demand."""

import pytest

from facts import COLLEAGUE, STRANGER, cause_of, replace
from whybounce.gateway.directory import InboundConnector
from whybounce.gateway.policies.connector_matched import judge
from whybounce.vocabulary.session import Tls

PARTNER = InboundConnector(name="partner", require_tls=True, require_match=True)
ENCRYPTED = replace(STRANGER.session, tls=Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384"))


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (STRANGER, None),
        (replace(STRANGER, restricting=(PARTNER,)), "partner-connector-restriction"),
        (replace(COLLEAGUE, restricting=(PARTNER,)), None),
        (replace(STRANGER, connector=PARTNER), "tls-required"),
        (replace(STRANGER, connector=PARTNER, session=ENCRYPTED), None),
        (replace(STRANGER, connector=InboundConnector(name="lenient")), None),
    ],
)
def test_a_partners_mail_comes_as_agreed(facts, cause):
    assert cause_of(judge(facts)) == cause
