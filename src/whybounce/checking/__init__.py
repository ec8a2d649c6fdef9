"""Checking: are the DNS and the mail servers in order, and what do they say? Each file asks one thing.

The resolver is passed in. ``lookups`` asks it and says why there is no answer; what could not be
found out is an answer of its own, and never counts as a fault of the domain that was asked about.
``mail_servers`` alone connects to servers, within a ``Reach``; what they show is judged beside it.
``authentication`` judges a message for the gateway, ``targets`` a domain or an address for a person.
"""
