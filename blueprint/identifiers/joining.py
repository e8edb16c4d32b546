"""Joining personal data without showing it: keyed tokens in place of numbers.

A plain hash of a personal number hides nothing: 63 provinces, 4 digits of century and sex, 100 years and a million
endings make about 25 thousand million numbers. A graphics card hashes as many in minutes, so a table of all of them undoes
every plain SHA-256; for the people of one province and one year of birth it is 4 million. HMAC-SHA-256 with a secret key of
256 bits cannot be gone through that way by anybody who lacks the key.

One secret serves many purposes: each purpose has a key of its own, derived from the secret, so the tokens of two grants
cannot be laid side by side, and an agency that is handed the key of one grant learns nothing about another.
"""

import hmac
import os
import re
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn, Self

from blueprint.errors import HanoiError
from blueprint.identifiers.registry import identifier_of

SECRET_BYTES = 32
PERSON = ("personal-id", "former-id-number")
"""The numbers of people, by which records of people are joined."""
_KEY_LABEL = b"hanoi-cloud join key v1\0"
_TOKEN_LABEL = b"hanoi-cloud join token v1\0"
_PURPOSE = re.compile(r"[a-z0-9][a-z0-9._/@-]{2,119}")


class JoinKeyError(HanoiError):
    """The key for joins cannot be used; its bytes are never shown."""


class NotJoinable(HanoiError):
    """A value is not a number that records are joined by; the value itself is never shown."""


class JoinKey:
    """The key of one purpose. It prints, logs and pickles as nothing but its purpose.

    ``secret`` is at least 32 random bytes; ``purpose`` names what the join is for, such as the grant it rests on: lower-case
    letters, digits, ``. _ / @ -``, 3 to 120 characters. Two keys of one secret and one purpose give the same tokens.
    Raises JoinKeyError.

    >>> JoinKey(bytes(range(32)), "grant/2026-014")
    JoinKey(purpose='grant/2026-014')
    """

    __slots__ = ("_key", "purpose")

    def __init__(self, secret: bytes, purpose: str) -> None:
        if len(secret) < SECRET_BYTES:
            raise JoinKeyError(
                f"Khóa nối có {len(secret)} byte, cần ít nhất {SECRET_BYTES} byte ngẫu nhiên; hãy tạo bằng JoinKey.generate.",
                f"The join key has {len(secret)} bytes, at least {SECRET_BYTES} random ones are needed; make one with JoinKey.generate.",
            )
        if len(set(secret)) < SECRET_BYTES // 4:
            raise JoinKeyError(
                "Khóa nối lặp lại quá ít byte khác nhau nên không phải số ngẫu nhiên; hãy tạo bằng JoinKey.generate.",
                "The join key repeats too few different bytes to be random; make one with JoinKey.generate.",
            )
        if not _PURPOSE.fullmatch(purpose):
            raise JoinKeyError(
                f"Mục đích {purpose!r} không hợp lệ: dùng 3 đến 120 chữ thường, chữ số và . _ / @ -, ví dụ grant/2026-014.",
                f"Purpose {purpose!r} is not allowed: use 3 to 120 lower-case letters, digits and . _ / @ -, such as grant/2026-014.",
            )
        self.purpose = purpose
        self._key = hmac.digest(secret, _KEY_LABEL + purpose.encode(), "sha256")

    @classmethod
    def generate(cls, path: Path, purpose: str) -> Self:
        """Make a new secret in a new file at ``path``, readable by its owner only, and return the key of ``purpose``.

        An existing file is never touched: tokens made with its secret would be lost. Raises JoinKeyError.
        """
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        except FileExistsError:
            raise JoinKeyError(
                f"Tệp khóa {path} đã có; giữ nguyên để các mã nối cũ còn dùng được. Hãy chọn tên tệp khác.",
                f"Key file {path} exists and is kept, so that tokens made with it stay of use. Choose another name.",
            ) from None
        except OSError as error:
            raise JoinKeyError(
                f"Không tạo được tệp khóa {path}: {error.strerror}.",
                f"Key file {path} cannot be made: {error.strerror}.",
            ) from None
        with os.fdopen(handle, "w", encoding="ascii") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(secrets.token_bytes(SECRET_BYTES).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        return cls.read(path, purpose)

    @classmethod
    def read(cls, path: Path, purpose: str) -> Self:
        """The key of ``purpose`` from the secret at ``path``: hexadecimal text, mode 0600. Raises JoinKeyError."""
        try:
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
            with os.fdopen(handle, "rb") as file:
                status = os.fstat(file.fileno())
                content = file.read(4096) if stat.S_ISREG(status.st_mode) else b""
        except OSError as error:
            raise JoinKeyError(
                f"Không đọc được tệp khóa {path}: {error.strerror}. Tạo khóa mới bằng JoinKey.generate.",
                f"Key file {path} cannot be read: {error.strerror}. Make a new one with JoinKey.generate.",
            ) from None
        if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077 or status.st_uid != os.geteuid():
            mode = stat.S_IMODE(status.st_mode)
            raise JoinKeyError(
                f"Tệp khóa {path} có quyền {mode:04o}; chỉ chủ tiến trình được đọc. Chạy chmod 600 hoặc tạo khóa mới nếu đã lộ.",
                f"Key file {path} has mode {mode:04o}; it must be a file that only the owner of this process can read. "
                "Run chmod 600, or make a new key if others have read it.",
            )
        try:
            secret = bytes.fromhex(content.decode("ascii").strip())
        except ValueError:
            raise JoinKeyError(
                f"Tệp khóa {path} không phải văn bản thập lục phân.", f"Key file {path} is not hexadecimal text."
            ) from None
        return cls(secret, purpose)

    def token(self, subject: str) -> str:
        """The token of a subject as ``subject_sql`` writes it: 64 hexadecimal digits."""
        return hmac.digest(self._key, _TOKEN_LABEL + subject.encode(), "sha256").hex()

    def __repr__(self) -> str:
        return f"JoinKey(purpose={self.purpose!r})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a JoinKey is never pickled, copied or sent to another process; read it from its file there")


def subject(value: str, kinds: str | Iterable[str] = PERSON) -> str:
    """What ``value`` is joined by: the kind of number and its normal form. It holds the number: never store or print it.

    Raises NotJoinable, UnknownIdentifier.
    """
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    for kind in kinds:
        found = identifier_of(kind).find(value)
        if found is not None:
            form, match = found
            return f"{form.joins_as or kind}:{form.written(match, form.joins_on or form.normal)}"
    raise NotJoinable(
        f"Giá trị không có dạng {', '.join(kinds)} nên không tạo được mã nối; xem blueprint.identifiers.identify để biết lý do.",
        f"The value has not the form of {', '.join(kinds)}, so it has no join token; blueprint.identifiers.identify says why.",
    )


def join_token(value: str, key: JoinKey, kinds: str | Iterable[str] = PERSON) -> str:
    """The token that stands for ``value`` in the purpose of ``key``: HMAC-SHA-256, 64 hexadecimal digits.

    One number has one token, however it is grouped by blanks, dots or hyphens; the personal id and the tax code of an
    individual share it, and so do a health-insurance card and the social insurance number on it. A former identity
    number and the personal id of the same person are different numbers: only the register knows that they belong
    together. The token is personal data still; it keeps a number from being read, not a person from being singled out.

    ``kinds`` are the identifiers that the value may be, the numbers of people unless told. Raises NotJoinable.

    >>> key = JoinKey(bytes(range(32)), "grant/2026-014")
    >>> join_token("001 299 000 000", key) == join_token("001299000000", key, "tax-code")
    True
    >>> join_token("001299000000", key) == join_token("001299000000", JoinKey(bytes(range(32)), "grant/2026-015"))
    False
    """
    return key.token(subject(value, kinds))
