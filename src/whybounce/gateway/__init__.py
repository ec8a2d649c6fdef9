"""The gateway: takes mail, delivers it, and reports what it could not deliver."""
