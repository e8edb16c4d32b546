"""A published file read over HTTP as if it lay here: only the bytes that are asked for travel."""

import io
from collections.abc import Iterable

from hanoi_cloud._http import Http

_GAP = 16 << 10
"""Bytes between two ranges up to which both are fetched as one: a request costs more than these bytes."""
_MOST = 64 << 20
"""Bytes of one request."""


class RangeFile(io.RawIOBase):
    """The file at ``url``, of ``size`` bytes. Frame libraries plan which parts of it they need."""

    def __init__(self, http: Http, url: str, size: int) -> None:
        super().__init__()
        self._http, self.url, self.size = http, url, size
        self._at = 0
        self._held: list[tuple[int, bytes]] = []
        self.received = 0
        """Bytes that have travelled."""

    def hold(self, spans: Iterable[tuple[int, int]]) -> None:
        """Fetch the bytes that will be read next, told as first byte and length; those near each other come together."""
        joined: list[tuple[int, int]] = []
        for start, length in sorted(spans):
            first, end = joined[-1] if joined else (0, -_GAP - 1)
            if start - end <= _GAP and max(end, start + length) - first <= _MOST:
                joined[-1] = first, max(end, start + length)
            else:
                joined.append((start, start + length))
        self._held = [(start, self._fetched(start, end - start)) for start, end in joined]

    def _fetched(self, start: int, length: int) -> bytes:
        found = self._http.part(self.url, start, length, self.size)
        self.received += length
        return found

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence] + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self.size - self._at)
        wanted = left if size is None or size < 0 else min(size, left)
        if not wanted:
            return b""
        start, self._at = self._at, self._at + wanted
        for first, held in self._held:
            if first <= start and start + wanted <= first + len(held):
                return held[start - first : start - first + wanted]
        return self._fetched(start, wanted)
