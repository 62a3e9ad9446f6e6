"""Chats of one's own: read and inspected, learned, handed over."""
