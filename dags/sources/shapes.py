"""What is true of every text in a column at once, so that the common case needs no look at each."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

UNCLEAR = "\u0001"
"""Stands for a text of which nobody can say what it means; no type takes it, that of text neither."""
_WHOLE, _FRACTION = b"0123456789-", b"0123456789-."
_FIRST = 512
_MOMENT = "dddd-dd-dd dd:dd:dd"
_TOGETHER = 64
_T = 10
"""Where a blank or a T parts the day from the time."""


@dataclass(frozen=True)
class Shape:
    """``letters`` of the texts: only those of whole numbers (digits, ``-``), of fractions (``.`` as well), those of
    moments (each text is written ``2025-01-31 07:00:00``, with an hour, minute and second that a clock shows), or others.

    ``shortest`` and ``longest`` are lengths in bytes. Moments may all have a ``T`` instead of the blank, or all a ``Z``
    after them; ``this_century`` says that all are of 2000 to 2029.
    """

    letters: Literal["whole", "fraction", "moment", "other"]
    shortest: int
    longest: int
    this_century: bool = False
    with_t: bool = False
    with_z: bool = False

    def may_be(self, text: str) -> bool:
        """Whether one of the texts may be ``text``."""
        if len(text.encode()) < self.shortest:
            return False
        allowed = {"whole": _WHOLE, "fraction": _FRACTION}.get(self.letters)
        return allowed is None or set(text.encode()) <= set(allowed)


def shape_of(texts: "pa.Array") -> Shape | None:
    """The shape of texts that NFC and the removal of white space at their ends would leave as they are, else ``None``."""
    import numpy as np
    import pyarrow.compute as pc

    rows = len(texts)
    if not rows or texts.offset:
        return None
    _, offsets, held = texts.buffers()
    ends = np.frombuffer(offsets, np.int32, rows + 1)
    data = held.slice(0, int(ends[-1])).to_pybytes() if held is not None else b""
    if not data.isascii():
        return None
    lengths = np.diff(ends)
    shortest, longest = int(lengths.min()), int(lengths.max())
    if _only(data, _WHOLE):
        return Shape("whole", shortest, longest)
    if _only(data, _FRACTION):
        return Shape("fraction", shortest, longest)
    if shortest in (len(_MOMENT), len(_MOMENT) + 1) and shortest == longest and (moment := _moment(data, shortest)):
        return moment
    letters = np.frombuffer(data, np.uint8)
    if b"#" in data or b"\x7f" in data or (len(letters) and letters.min() < ord(" ")):
        return None  # other white space, or one of the texts that are unclear
    if b" " in data and (
        pc.any(pc.starts_with(texts, pattern=" ")).as_py() or pc.any(pc.ends_with(texts, pattern=" ")).as_py()
    ):
        return None
    return Shape("other", shortest, longest)


def _only(data: bytes, letters: bytes) -> bool:
    return not data[:_FIRST].translate(None, letters) and not data.translate(None, letters)


def _moment(data: bytes, length: int) -> Shape | None:
    import numpy as np

    letters = np.frombuffer(data, np.uint8).reshape(-1, length)
    low, high = _per_column(letters, "minimum"), _per_column(letters, "maximum")
    with_t, with_z = bool(low[_T] == ord("T")), length > len(_MOMENT)
    for at, letter in enumerate((_MOMENT.replace(" ", "T") if with_t else _MOMENT) + "Z" * with_z):
        least, most = (ord("0"), ord("9")) if letter == "d" else (ord(letter), ord(letter))
        if low[at] < least or high[at] > most:
            return None
    hours = (letters[:, 11].astype(np.int16) - ord("0")) * 10 + letters[:, 12] - ord("0")
    if low[0] < ord("1") or hours.max() > 23 or high[14] > ord("5") or high[17] > ord("5"):
        return None
    this_century = bool(low[0] == high[0] == ord("2") and low[1] == high[1] == ord("0") and high[2] <= ord("2"))
    return Shape("moment", length, length, this_century, with_t, with_z)


def _per_column(letters: "np.ndarray[Any, Any]", of: Literal["minimum", "maximum"]) -> "np.ndarray[Any, Any]":
    """The least or greatest of each column; many rows at a time, for a row is too short to be quick."""
    import numpy as np

    reduce = getattr(np, of).reduce
    rows, width = letters.shape
    whole = rows - rows % _TOGETHER
    found = letters[whole:]
    if whole:
        together = reduce(letters[:whole].reshape(-1, _TOGETHER * width), axis=0)
        found = np.concatenate([together.reshape(_TOGETHER, width), found])
    return reduce(found, axis=0)
