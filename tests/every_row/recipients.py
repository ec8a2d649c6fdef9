"""The rows about whom one writes to."""

from rows import Row

ROWS = (
    Row(
        code="5.7.133",
        cause="sender-not-authenticated-for-group",
        raise_it=lambda gateway: gateway.bring("everyone@contoso.example"),
        control=lambda gateway: gateway.submit("everyone@contoso.example"),
        siblings=("5.7.124", "5.7.134"),
    ),
    Row(
        code="5.7.124",
        cause="sender-not-in-allowed-list",
        raise_it=lambda gateway: gateway.submit("board@contoso.example"),
        control=lambda gateway: gateway.submit(
            "board@contoso.example", account="ben@contoso.example"
        ),
        siblings=("5.7.133",),
    ),
    Row(
        code="5.7.1",
        cause="unable-to-relay",
        raise_it=lambda gateway: gateway.bring("somebody@remote.example"),
        control=lambda gateway: gateway.submit("somebody@remote.example"),
        siblings=("5.7.64", "5.4.1"),
    ),
)
