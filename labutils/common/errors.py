"""The one error type that the lab raises on purpose."""


class LabError(ValueError):
    """A bad input or surrounding; the message says what is wrong, where, and what to do."""
