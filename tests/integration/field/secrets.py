"""Passwords and tokens with characters that addresses do not allow."""
