"""The exchange between members: logs that everyone can verify, and the lists that follow from them. No I/O here."""
