"""Executing a notebook such that Ctrl-C and SIGTERM end it, and its kernel, at once."""

import asyncio
import signal
import threading
from contextlib import suppress
from typing import Any

from nbclient import NotebookClient
from nbformat import NotebookNode

from labutils.common.errors import Terminated

STOPPING = (signal.SIGINT, signal.SIGTERM)


class Client(NotebookClient):
    """nbclient's, which itself closes the kernel under the cell that waits for it, and fails."""

    stopped_by: int | None = None

    def execute(self, *args: Any, **options: Any) -> NotebookNode:
        """Run all cells.

        Raises:
            KeyboardInterrupt, Terminated: it was asked to stop; the kernel is gone.
        """
        before = signal.getsignal(signal.SIGTERM)
        try:
            return super().execute(*args, **options)
        except BaseException:  # a kernel that counts as dead, or what was cancelled
            if self.stopped_by is None:
                raise
            raise (Terminated if self.stopped_by == signal.SIGTERM else KeyboardInterrupt) from None
        finally:
            if before and threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, before)  # asyncio leaves the default

    async def async_start_new_kernel(self, **options: Any) -> None:
        """Start the kernel, and take the signals over from nbclient, which has just set its own."""
        loop = asyncio.get_running_loop()

        def stop(number: int) -> None:
            self.stopped_by = number
            self.shutdown_kernel = "immediate"  # in its last words it would print a traceback
            for task in asyncio.all_tasks(loop):  # the cell's, and those that watch it
                task.cancel()

        with suppress(NotImplementedError, RuntimeError):  # on Windows; not in the main thread
            for number in STOPPING:
                loop.add_signal_handler(number, stop, number)
        await super().async_start_new_kernel(**options)
