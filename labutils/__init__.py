"""Helpers of the fine-tuning lab, one module for each step of it.

tracks -> data -> prompts -> models -> training -> adapters -> generation -> scoring -> runs
-> systems -> tables, plots, demo. No module imports a later one.

    from labutils import data, prompts, tracks

Importing the package costs nothing: torch and transformers load when a function first needs them.
"""

__version__ = "0.1.0"
