"""Referrals to members, police and victim support."""
