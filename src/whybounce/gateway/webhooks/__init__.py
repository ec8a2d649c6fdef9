"""Webhooks: other systems told of what happened, signed, again and again until they have taken it.

``telling`` makes what is said, in the store's transaction; ``signing`` proves that we say it;
``posting`` carries it, and only to where it may go; ``calling`` does so in its time.
"""
