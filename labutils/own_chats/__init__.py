"""Chats of one's own: read and inspected, learned, handed over."""

from labutils.own_chats.preparing import prepare

__all__ = ["prepare"]
