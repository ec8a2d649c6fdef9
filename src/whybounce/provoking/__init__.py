"""Provoking: a small world on loopback in which each cause can be made to happen for real.

It has a DNS that answers as a validating resolver does, mail servers that refuse, stall or hang
up where they are told to, and a table of which of them makes which condition. It is for
demonstrations and tests; nothing of it is reachable from elsewhere.
"""
