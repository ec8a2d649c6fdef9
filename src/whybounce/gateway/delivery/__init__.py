"""Delivery: where a recipient's mail goes, and how it is handed over there."""
