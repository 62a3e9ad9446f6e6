"""The one error type that the lab raises on purpose."""

from labutils.common.text import printable


class LabError(ValueError):
    """A bad input or surrounding; the message says what is wrong, where, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))  # it may quote a file
