"""The lists this node passes on, as clients of the Hash Sharing API v2 fetch them."""
