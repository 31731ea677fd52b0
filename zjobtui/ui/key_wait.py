"""Lets the thread that reads keys sleep until there are any; Textual's own wakes ten times a second."""

import os
import select
import threading
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from textual.driver import Driver
    from textual.drivers.linux_driver import LinuxDriver

LOOKS = 10
"""Looks, a tenth of a second apart, after the last key: an escape alone is told from a sequence by what follows it."""


def sleep_between_keys(driver: "Driver | None") -> None:
    """Makes the reader of keys of a driver that has one sleep."""
    if isinstance(getattr(driver, "exit_event", None), threading.Event):
        linux = cast("LinuxDriver", driver)
        linux.exit_event = _Ending(linux.fileno)


class _Ending(threading.Event):
    """The event that ends the reader. The reader asks for it before each look, and is held until there is a reason."""

    def __init__(self, keys: int) -> None:
        super().__init__()
        self._keys = keys
        self._wake, self._waker = os.pipe()
        self._looks = LOOKS

    def set(self) -> None:
        """Ends the reader, also while it is held."""
        super().set()
        os.write(self._waker, b"\0")

    def clear(self) -> None:
        """Lets a next reader begin."""
        while self._is_ready(self._wake, within=0.0):
            os.read(self._wake, 1)
        super().clear()

    def is_set(self) -> bool:
        """Whether the reader is to end; told to the reader itself only when there may be something for it to do."""
        if threading.current_thread() is not threading.main_thread():
            self._hold()
        return super().is_set()

    def _hold(self) -> None:
        if self._looks and not self._is_ready(self._keys, self._wake, within=0.0):
            self._looks -= 1
        else:
            self._is_ready(self._keys, self._wake, within=None)
            self._looks = LOOKS

    def _is_ready(self, *files: int, within: float | None) -> bool:
        return bool(select.select(files, (), (), within)[0])
