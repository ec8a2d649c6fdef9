"""The directory: whose domains these are, who is there, and what each of them allows.

``reading`` takes a TOML file apart and checks it; ``loading`` puts it into the tables of the store's
database in one transaction, so that a wrong file changes nothing; ``Directory`` answers the running
gateway's questions from the tables alone. ``nouns`` has the shapes; they are the file format too.
"""

from whybounce.gateway.directory.connectors import Attribution
from whybounce.gateway.directory.demonstration import demonstration
from whybounce.gateway.directory.directory import (
    Destination,
    Directory,
    Login,
    Origin,
    Recall,
    destination,
    origin_of_account,
    origin_of_client,
    owns,
)
from whybounce.gateway.directory.finding import By, Expansion, Found
from whybounce.gateway.directory.loading import load
from whybounce.gateway.directory.nouns import (
    Account,
    AddressForm,
    Alias,
    Contact,
    Correspondent,
    DirectoryTable,
    Domain,
    DomainKind,
    Entry,
    Group,
    InboundConnector,
    Mailbox,
    MailFlowRule,
    MailUser,
    Organisation,
    OutboundConnector,
    PublicFolder,
)
from whybounce.gateway.directory.passwords import Passwords
from whybounce.gateway.directory.reading import DirectoryError, checked, read_directory
from whybounce.gateway.directory.rights import Rights

__all__ = [
    "Account",
    "AddressForm",
    "Alias",
    "Attribution",
    "By",
    "Contact",
    "Correspondent",
    "Destination",
    "Directory",
    "DirectoryError",
    "DirectoryTable",
    "Domain",
    "DomainKind",
    "Entry",
    "Expansion",
    "Found",
    "Group",
    "InboundConnector",
    "Login",
    "MailFlowRule",
    "MailUser",
    "Mailbox",
    "Organisation",
    "Origin",
    "OutboundConnector",
    "Passwords",
    "PublicFolder",
    "Recall",
    "Rights",
    "checked",
    "demonstration",
    "destination",
    "load",
    "origin_of_account",
    "origin_of_client",
    "owns",
    "read_directory",
]
