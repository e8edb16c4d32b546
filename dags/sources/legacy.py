"""Codecs of Vietnamese files from before Unicode: ``tcvn3`` (ABC), ``vni`` (VNI-Windows), ``viscii`` and ``cp1258`` in NFC.

Sources of the tables: TCVN 5712:1993, VN1, whose upper half with the tones of capitals left out is TCVN3 (what an ABC font
such as .VnTime shows); RFC 1456 for VISCII; the VNI-Windows chart of VNI Software, in which the byte after a vowel is its
mark. No library on PyPI has the first and the third; Python has ``cp1258``, which leaves letters and tones apart.

An ABC font for capitals (.VnTimeH) shows small letters as large ones, so TCVN3 text in it comes out in small letters.
"""

import codecs
import re
import unicodedata
from functools import lru_cache

TCVN3, VNI, VISCII, CP1258 = "tcvn3", "vni", "viscii", "windows-1258"
ONE_BYTE = (TCVN3, VNI, VISCII, CP1258)
"""The legacy encodings, by the names that a contract uses."""

_TCVN_LOW = dict(zip((1, 2, 4, 5, 6, *range(0x11, 0x18)), "ÚỤỪỬỮỨỰỲỶỸÝỴ", strict=True))
_TCVN_HIGH = (
    "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ\xa0ĂÂÊÔƠƯĐăâêôơưđẰ\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴ"
    "ẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
)
_VISCII_LOW = {2: "Ẳ", 5: "Ẵ", 6: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"}
_VISCII_HIGH = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
_GRAVE, _ACUTE, _TILDE, _HOOK, _DOT, _ROOF, _BREVE = "\u0300\u0301\u0303\u0309\u0323\u0302\u0306"
_VNI_LETTERS = {0xD4: "Ơ", 0xD6: "Ư", 0xD1: "Đ", 0xCD: "Í", 0xCC: "Ì", 0xC6: "Ỉ", 0xD3: "Ĩ", 0xD2: "Ị", 0xCE: "Ỵ"}
_VNI_MARKS = {
    0xD9: _ACUTE, 0xD8: _GRAVE, 0xDB: _HOOK, 0xD5: _TILDE, 0xCF: _DOT,
    0xC2: _ROOF, 0xC1: _ROOF + _ACUTE, 0xC0: _ROOF + _GRAVE, 0xC5: _ROOF + _HOOK, 0xC3: _ROOF + _TILDE, 0xC4: _ROOF + _DOT,
    0xCA: _BREVE, 0xC9: _BREVE + _ACUTE, 0xC8: _BREVE + _GRAVE, 0xDA: _BREVE + _HOOK, 0xDC: _BREVE + _TILDE, 0xCB: _BREVE + _DOT,
}  # fmt: skip


def _one_byte(low: dict[int, str], high: str) -> dict[int, str]:
    letters = {byte: chr(byte) for byte in range(128)} | low
    return letters | {0x80 + at: letter for at, letter in enumerate(high)}


def _windows(byte: int, page: str) -> str:
    """What ``byte`` shows in a Windows code page; a control character where the page leaves it free."""
    return bytes([byte]).decode(page, "ignore") or chr(byte)


def _vni() -> dict[int, str]:
    found = {byte: _windows(byte, "cp1252") for byte in range(0xC0)}
    found |= _VNI_LETTERS | {byte + 0x20: letter.lower() for byte, letter in _VNI_LETTERS.items()}
    return found | _VNI_MARKS | {byte + 0x20: marks for byte, marks in _VNI_MARKS.items()}


_TABLES: dict[str, dict[int, str]] = {
    TCVN3: _one_byte(_TCVN_LOW, _TCVN_HIGH),
    VISCII: _one_byte(_VISCII_LOW, _VISCII_HIGH),
    VNI: _vni(),
    CP1258: {byte: letter for byte in range(256) if (letter := bytes([byte]).decode("cp1258", "ignore"))},
}
_MARKS = {
    name: bytes(byte for byte, letters in table.items() if unicodedata.combining(letters[0]))
    for name, table in _TABLES.items()
}


def _both_cases(*marks: str) -> bytes:
    upper = [byte for byte, found in _VNI_MARKS.items() if found[0] in marks]
    return re.escape(bytes(upper + [byte + 0x20 for byte in upper]))


_ALONE = re.compile(
    b"(?<![aeouyAEOUY\xd4\xf4\xd6\xf6])[%b]|(?<![aeoAEO])[%b]|(?<![aA])[%b]"
    % (_both_cases(_GRAVE, _ACUTE, _TILDE, _HOOK, _DOT), _both_cases(_ROOF), _both_cases(_BREVE))
)
"""A VNI mark that follows no letter which can bear it."""


def legacy_name(encoding: str) -> str | None:
    """The name in ``ONE_BYTE`` of an encoding, or ``None`` where it is another."""
    name = encoding.lower().replace("_", "-")
    return CP1258 if name in ("cp1258", "1258") else name if name in ONE_BYTE else None


def decode(data: bytes, encoding: str) -> str:
    r"""``data`` of one of the ``ONE_BYTE`` encodings as text in NFC.

    Raises:
        UnicodeDecodeError: a byte that the encoding does not have, or a mark without its letter.

    >>> decode(b"H\xb5 N\xe9i", TCVN3), decode(b"Ha\xf8 No\xe4i", VNI)
    ('Hà Nội', 'Hà Nội')
    """
    if encoding == VNI and (alone := _ALONE.search(data)):
        raise UnicodeDecodeError(encoding, data, alone.start(), alone.end(), "a mark without its letter")
    text, _ = codecs.charmap_decode(data, "strict", _TABLES[encoding])  # pyright: ignore[reportArgumentType]
    return unicodedata.normalize("NFC", text)


def encode(text: str, encoding: str) -> bytes:
    """``text`` in one of the ``ONE_BYTE`` encodings; the inverse of ``decode``.

    Raises:
        UnicodeEncodeError: a character that the encoding does not have.
    """
    codes = _codes(encoding)
    found = bytearray()
    for at, letter in enumerate(composed := unicodedata.normalize("NFC", text)):
        if letter not in codes:
            raise UnicodeEncodeError(encoding, composed, at, at + 1, "not in this encoding")
        found += codes[letter]
    return bytes(found)


@lru_cache
def _codes(encoding: str) -> dict[str, bytes]:
    table = _TABLES[encoding]
    codes = {letter: bytes([byte]) for byte, letter in reversed(table.items()) if not unicodedata.combining(letter[0])}
    marks = {table[byte]: byte for byte in reversed(_MARKS[encoding])}  # of VNI's two, that of capitals
    for base, code in list(codes.items()):
        for letters, byte in marks.items():
            whole = unicodedata.normalize("NFC", base + letters)
            if len(whole) == 1 and whole not in codes:
                shift = 0x20 if encoding == VNI and base.islower() else 0
                codes[whole] = code + bytes([byte + shift])
    return codes


class Decoder(codecs.BufferedIncrementalDecoder):
    """``decode`` piece by piece: the last letter of a piece waits for the marks that may follow it."""

    def __init__(self, encoding: str) -> None:
        super().__init__("strict")
        self.encoding = encoding

    def _buffer_decode(self, input: bytes, errors: str, final: bool) -> tuple[str, int]:  # noqa: A002, ARG002
        end = len(input)
        if not final:
            end = max(len(input.rstrip(_MARKS[self.encoding])) - 1, 0)
        return decode(input[:end], self.encoding), end


_FONT = {ord(_windows(byte, "cp1252")): byte for byte in range(256)} | {byte: byte for byte in range(256)}


def in_font(text: str, encoding: str) -> str:
    r"""What ``text`` shows in a font of ``encoding``: each of its characters stands for one byte of Windows-1252.

    Raises:
        UnicodeError: a character that is no such byte, or bytes that the encoding does not have.

    >>> in_font("B\xe9 T\xb5i ch\xddnh", TCVN3)
    'Bộ Tài chính'
    """
    data, _ = codecs.charmap_encode(text, "strict", _FONT)
    return decode(data, encoding)
