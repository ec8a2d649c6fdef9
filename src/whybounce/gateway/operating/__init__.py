"""Operating the gateway: what its people see of it, and what they can do to it while it runs.

``lives`` tells what became of messages; ``performing`` does what an operator wants; ``requests`` is
how the command line says that to a running gateway, and ``channel`` carries it there. ``health``
judges whether it may be given mail, ``metrics`` counts, ``log`` writes a line for each event, and
``pages`` serves the first two by HTTP. Nothing here decides about mail.
"""
