"""Several tasks at once: their metrics, mixing them, and what a training forgets."""
