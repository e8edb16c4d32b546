"""A published file read over HTTP as if it lay here: only the bytes that are asked for travel."""

import io

from hanoi_cloud._http import Http


class RangeFile(io.RawIOBase):
    """The file at ``url``, of ``size`` bytes. Frame libraries plan which parts of it they need."""

    def __init__(self, http: Http, url: str, size: int) -> None:
        super().__init__()
        self._http, self.url, self.size = http, url, size
        self._at = 0
        self.received = 0
        """Bytes that have travelled."""

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
        found = self._http.part(self.url, self._at, wanted, self.size)
        self._at += wanted
        self.received += wanted
        return found
