"""The rules of the alliance, pure: no framework, no I/O; clock and randomness are passed in."""
