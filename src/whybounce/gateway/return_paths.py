"""Return paths of forwarded mail, rewritten so that it passes SPF: the Sender Rewriting Scheme.

https://www.libsrs2.net/srs/srs.pdf. A report about a forwarded message comes back to a rewritten address;
its hash shows that it is one of ours, and the first sender is written in it.
"""

from srslib import SRS, Error

from whybounce.gateway.addresses import domain_of, folded_domain

_LONGEST_LOCAL_PART = 64  # RFC 5321 §4.5.3.1.1; a longer one is carried as it was.


class ReturnPaths:
    """Rewrites and reads them, with one secret on all nodes."""

    def __init__(self, domain: str, secret: str) -> None:
        self.domain = folded_domain(domain)
        self._srs = SRS(secret)

    def rewritten(self, return_path: str) -> str:
        """Return the return path of a message that is forwarded; what cannot be rewritten stays."""
        if "@" not in return_path or not return_path.isascii() or '"' in return_path:
            return return_path
        try:
            written = self._srs.forward(return_path, self.domain)
        except Error:
            return return_path
        fits = len(written.rpartition("@")[0]) <= _LONGEST_LOCAL_PART
        return str(written) if fits else return_path

    def original(self, address: str) -> str | None:
        """Return the sender that a rewritten address stands for; None where it is none of ours."""
        if domain_of(address) != self.domain:
            return None
        try:
            return str(self._srs.reverse(address))
        except Error:  # Not in that form, a wrong hash, or more than three weeks old.
            return None
