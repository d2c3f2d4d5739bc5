"""Codecs between bytes and the domain, pure: no framework, no network, no clock."""
