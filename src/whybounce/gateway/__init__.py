"""The gateway: takes mail, keeps it, delivers it, and reports what it could not."""
