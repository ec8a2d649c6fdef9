"""Whose word counts about who sent a message: what an operator sets, and policies hold to."""

from typing import Annotated

from msgspec import Meta, Struct

from whybounce.checking.block_lists import ANY_CODE, BlockList
from whybounce.gateway.addresses import DomainName
from whybounce.gateway.values import Network


class Trust(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    """`[trust]`: who may vouch for mail that fails DMARC because it was passed on (RFC 9989 §7.4)."""

    sealers: Annotated[
        tuple[DomainName, ...],
        Meta(description="Domains whose ARC seals are believed (RFC 8617)."),
    ] = ()
    forwarders: Annotated[
        tuple[Network, ...],
        Meta(description="Servers that forward our people's mail: their mail is not judged."),
    ] = ()


class BlockListTable(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    """`[[block-list]]`: a DNS block list that is asked about clients (RFC 5782)."""

    zone: Annotated[DomainName, Meta(description="Its zone.")]
    codes: Annotated[
        tuple[Network, ...],
        Meta(description="Answers that mean a listing; else any in 127.0.0.0/8."),
    ] = ()
    link: Annotated[
        str, Meta(description="Where a listing can be looked up; {ip} stands for the address.")
    ] = ""

    @property
    def block_list(self) -> BlockList:
        """What is asked."""
        codes = tuple(str(each.addresses) for each in self.codes)
        return BlockList(self.zone, codes or ANY_CODE, link=self.link)
