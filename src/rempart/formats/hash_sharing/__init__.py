"""Hash Sharing API v2 in XML: lists of fingerprints with deletions, and feedback on them, read and written."""
