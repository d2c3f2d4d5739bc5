"""Figures: what is counted from events, what of it may be published, and how members' figures add up."""
