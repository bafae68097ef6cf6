"""Organisations: what they say of themselves, who vouches for them, and which depends on which."""
