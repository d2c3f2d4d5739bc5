"""Notices to hosts, and checks until the content is gone."""
