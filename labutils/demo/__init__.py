"""The instructor's demo: three systems that answer live, and records of their training."""
