"""How good a summary is: ROUGE, facts, failures, judgements, and intervals around them."""

SCORING = 3
"""Raise it when the same summary comes to be scored otherwise: runs of before are scored anew."""
