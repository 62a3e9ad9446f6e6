"""How good a summary is: ROUGE, facts, failures, judgements, and intervals around them."""
