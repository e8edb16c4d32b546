"""In which encoding a delivered file is written: told by its bytes, with the evidence, or not at all.

A contract declares an encoding, or ``auto``. Every encoding is checked against the file: bytes that it does not have, a
byte order mark of another, and Vietnamese words that only another encoding makes readable contradict it.
"""

import codecs
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dags.errors import WrongEncoding
from dags.sources.legacy import CP1258, ONE_BYTE, TCVN3, VISCII, VNI, Decoder, decode, in_font, legacy_name
from dags.sources.syllables import is_syllable

AUTO = "auto"
UTF_8 = "utf-8-sig"
_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
IN_UTF_8 = {f"utf-8/{font}": font for font in (TCVN3, VNI)}
"""Unicode files whose characters only a legacy font shows as Vietnamese."""
LABELS = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    TCVN3: "TCVN3 (ABC)",
    VNI: "VNI",
    VISCII: "VISCII",
    CP1258: "Windows-1258",
    "utf-8/tcvn3": "UTF-8 + TCVN3 (ABC, .VnTime)",
    "utf-8/vni": "UTF-8 + VNI",
}
_SHORTEST_UTF_16, _ZEROS = 8, 0.3
_SAMPLE = 512 * 1024
_WORDS = 400
"""Different words with other than ASCII letters that are weighed."""
_ENOUGH = 3
_READABLE, _APART = 0.75, 0.4
"""Share of words that are Vietnamese syllables in the right encoding; and how far any other must stay below it."""
_APART_FROM_LETTERS = re.compile(rb"[\x00-@\[-`{-\x7f]+")
_BETWEEN_WORDS = re.compile(r"[\s\d\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u00ab\u00bb\u00a0\u2022\u00b0.,;:()/+-]+")


@dataclass(frozen=True)
class Evidence:
    """What speaks for an encoding.

    ``scores`` says of each candidate which share of the ``words`` that hold more than ASCII letters it makes Vietnamese;
    ``None`` stands for bytes that it does not have. No word of the file is kept.
    """

    encoding: str | None
    by: str
    words: int = 0
    scores: "dict[str, float | None] | None" = None

    def __str__(self) -> str:
        listed = sorted((self.scores or {}).items(), key=lambda found: -(found[1] or -1))
        return ", ".join(f"{name} {'–' if share is None else f'{share:.0%}'}" for name, share in listed)


class _InFont(codecs.IncrementalDecoder):
    """UTF-8 whose characters stand for the bytes of a legacy font."""

    def __init__(self, font: str) -> None:
        super().__init__()
        self.font = font
        self.outer = codecs.getincrementaldecoder("utf-8-sig")()

    def decode(self, data: bytes, final: bool = False) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        text = self.outer.decode(data, final)
        try:
            return in_font(text, self.font)
        except UnicodeError as error:
            at = getattr(error, "start", 0)
            before = len(text[:at].encode())
            raise UnicodeDecodeError(f"utf-8/{self.font}", data, before, before + 1, "not shown by the font") from error


def decoder(encoding: str) -> codecs.IncrementalDecoder:
    """A decoder piece by piece for any encoding that a contract may declare but ``auto``.

    Raises:
        LookupError: there is no such encoding.
    """
    if encoding in IN_UTF_8:
        return _InFont(IN_UTF_8[encoding])
    own = legacy_name(encoding)
    return Decoder(own) if own else codecs.getincrementaldecoder(encoding)()


def marked(start: bytes) -> tuple[str, int] | None:
    """The encoding that a byte order mark at the ``start`` of a file states, and the length of the mark."""
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8", len(codecs.BOM_UTF8)
    return next(((name, len(mark)) for mark, name in _UTF_16.items() if start.startswith(mark)), None)


def evidence(path: Path) -> Evidence:
    """What the bytes of the file at ``path`` say about its encoding; ``encoding`` is ``None`` where they do not settle it."""
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
        if bom := marked(sample):
            inside = weighed(sample[bom[1] :].decode(bom[0], "ignore").encode())
            return inside if inside.encoding in IN_UTF_8 else Evidence(bom[0], "byte order mark")
        while sample.isascii() and b"\0" not in sample and (piece := file.read(_SAMPLE)):
            sample = piece
    if wide := _utf_16(sample):
        return wide
    if sample.isascii():
        return Evidence("utf-8", "ASCII only")
    return weighed(sample)


def _utf_16(sample: bytes) -> Evidence | None:
    """UTF-16 without a mark: one of each two bytes is zero where letters, digits and ends of lines are ASCII."""
    zeros = [sample[at::2].count(0) for at in (0, 1)]
    share = max(zeros) / max(len(sample) / 2, 1)
    if len(sample) < _SHORTEST_UTF_16 or share < _ZEROS or min(zeros) * 20 > max(zeros):
        return None
    name = "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    return Evidence(name, f"{share:.0%} zero bytes")


def weighed(sample: bytes) -> Evidence:
    """What the words of ``sample`` say about its encoding."""
    whole = sample[: sample.rfind(b"\n") + 1] or _APART_FROM_LETTERS.sub(b" ", sample).rpartition(b" ")[0] or sample
    found = {word for word in _APART_FROM_LETTERS.split(whole) if not word.isascii()}
    words = sorted(found)[:: -(-len(found) // _WORDS) or 1]
    scores = {name: _share(words, name) for name in ("utf-8", *IN_UTF_8, *ONE_BYTE)}
    known = sorted(((share, name) for name, share in scores.items() if share is not None), reverse=True)
    clear = len(words) >= _ENOUGH and known[0][0] >= _READABLE and all(s <= known[0][0] - _APART for s, _ in known[1:])
    if scores["utf-8"] is not None and not clear and (scores["utf-8"] >= _READABLE or known[0][0] < _READABLE):
        # Bytes above ASCII that are UTF-8 throughout hardly ever are anything else, whatever the language.
        return Evidence("utf-8", "UTF-8 throughout", len(words), scores)
    return Evidence(known[0][1] if clear else None, "Vietnamese words", len(words), scores)


def _share(words: list[bytes], name: str) -> float | None:
    """The share of ``words`` that ``name`` makes Vietnamese; ``None`` where it does not have all their bytes."""
    good = 0
    for word in words:
        try:
            text = in_font(word.decode(), IN_UTF_8[name]) if name in IN_UTF_8 else _text(word, name)
        except UnicodeError:
            return None
        good += is_vietnamese(text)
    return good / len(words) if words else None


def _text(word: bytes, name: str) -> str:
    return decode(word, name) if name in ONE_BYTE else word.decode(name)


def is_vietnamese(text: str) -> bool:
    """Whether every word of ``text`` is spelt as a Vietnamese syllable, and some is there."""
    words = [word for word in _BETWEEN_WORDS.split(unicodedata.normalize("NFC", text)) if word]
    return bool(words) and all(map(is_syllable, words))


def settled(path: Path, name: str, declared: str) -> tuple[str, Evidence]:
    """The encoding to read the file by, after ``declared`` was held against its bytes.

    Raises:
        WrongEncoding: the bytes contradict ``declared``, or it is ``auto`` and they do not settle it.
    """
    found = evidence(path)
    if declared == AUTO:
        if found.encoding is None:
            raise WrongEncoding(
                f"{name}: không xác định chắc chắn được bảng mã ({found.words} từ có dấu; tỷ lệ từ đọc được: {found}). "
                "Hãy lưu lại tệp bằng UTF-8, hoặc khai báo bảng mã trong hợp đồng dữ liệu.",
                f"{name}: the encoding cannot be told for certain ({found.words} words with accents; share that is readable: "
                f"{found}). Save the file as UTF-8, or declare its encoding in the contract.",
            )
        _refuse_others(path, name, found.encoding)
        return found.encoding, found
    if found.encoding is not None and not _agree(declared, found):
        raise WrongEncoding(
            f"{name}: hợp đồng dữ liệu cần mã {declared}, nhưng nội dung là {LABELS[found.encoding]} ({_reasons(found)}). "
            "Hãy lưu lại bằng UTF-8, hoặc khai báo đúng bảng mã.",
            f"{name}: the contract wants {declared}, but the content is {LABELS[found.encoding]} ({_reasons(found)}). "
            "Save it as UTF-8, or declare the right encoding.",
        )
    _refuse_others(path, name, legacy_name(declared) or declared)
    return declared, found


def _refuse_others(path: Path, name: str, encoding: str) -> None:
    """Refuse a file of a legacy encoding, which has nearly every byte, where some words are Vietnamese only in another."""
    if encoding not in ONE_BYTE:
        return
    strange: dict[str, set[bytes]] = {other: set() for other in ("utf-8", *ONE_BYTE) if other != encoding}
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(_SAMPLE), b""), start=1):
            if line.isascii():
                continue
            for word in _APART_FROM_LETTERS.split(line):
                for other in _better(word, encoding):
                    strange[other].add(word)
            found = next((o for o, words in strange.items() if len(words) >= (1 if o == "utf-8" else _ENOUGH)), None)
            if found:
                raise WrongEncoding(
                    f"{name}, dòng {number}: phần đầu là {LABELS[encoding]}, nhưng dòng này là {LABELS[found]}. "
                    "Hãy lưu lại cả tệp bằng một bảng mã, tốt nhất là UTF-8.",
                    f"{name}, line {number}: what comes before is {LABELS[encoding]}, but this line is {LABELS[found]}. "
                    "Save the whole file in one encoding, best in UTF-8.",
                )


@lru_cache(_SAMPLE // 16)
def _better(word: bytes, encoding: str) -> tuple[str, ...]:
    """The other encodings in which ``word`` is Vietnamese, where it is not in ``encoding``."""
    if word.isascii() or _share([word], encoding):
        return ()
    return tuple(other for other in ("utf-8", *ONE_BYTE) if other != encoding and _share([word], other))


def _agree(declared: str, found: Evidence) -> bool:
    wanted = legacy_name(declared) or ("utf-8" if declared in (UTF_8, "utf-8") else declared)
    if wanted == found.encoding or found.by == "ASCII only":
        return True
    plain = codecs.lookup(wanted).name if wanted not in (*ONE_BYTE, *IN_UTF_8) else wanted
    if plain.startswith("utf-16") and str(found.encoding).startswith("utf-16"):
        return plain in ("utf-16", found.encoding)
    share = (found.scores or {}).get(wanted)
    return share is not None and share >= _READABLE


def _reasons(found: Evidence) -> str:
    return f"{found.by}{f': {found}' if found.scores else ''}"
