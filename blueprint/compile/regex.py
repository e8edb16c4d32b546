"""Patterns that mean the same in DuckDB (RE2), in Python and in JavaScript (ECMA-262).

A declared pattern is matched in full by RE2. What is written into a target uses only what the three share: the classes
of ASCII written out, no flags, no look-around, no back references.
"""

from blueprint.errors import BlueprintError

_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": "\\t\\n\\f\\r "}
_KEPT = frozenset("^$\\.*+?()[]{}|/tnfrv")


class PatternNotShared(BlueprintError):
    """A pattern uses what not every target understands alike."""

    def __init__(self, pattern: str, part: str) -> None:
        super().__init__(
            f"Mẫu {pattern!r} dùng {part!r}, không hiểu giống nhau trong RE2, Python và ECMA-262; hãy viết lại bằng lớp ký tự, "
            "nhóm (?:...), lựa chọn và số lần lặp.",
            f"The pattern {pattern!r} uses {part!r}, which RE2, Python and ECMA-262 do not read alike; write it with classes, "
            "groups (?:...), alternatives and repetitions.",
        )


def shared(pattern: str) -> str:
    r"""``pattern`` written so that RE2, Python and ECMA-262 read it alike.

    >>> shared(r"\d{2}[\w-]+")
    '[0-9]{2}[0-9A-Za-z_-]+'

    Raises PatternNotShared for flags, look-around, back references and escapes that have no such form.
    """
    out: list[str] = []
    inside = False
    i = 0
    while i < len(pattern):
        letter = pattern[i]
        if letter == "\\":
            out.append(_escape(pattern, pattern[i + 1], inside))
            i += 2
            continue
        if inside:
            inside = letter != "]"
        elif letter == "[":
            inside = True
            skip = 2 if pattern[i + 1 : i + 2] == "^" else 1
            if pattern[i + skip : i + skip + 1] == "]":
                raise PatternNotShared(pattern, pattern[i : i + skip + 1])
        elif letter == "(" and pattern[i + 1 : i + 2] == "?" and pattern[i + 2 : i + 3] != ":":
            raise PatternNotShared(pattern, pattern[i : i + 3])
        elif letter == "+" and out and out[-1] in ("*", "+", "?", "}"):  # possessive; an escaped sign has its backslash
            raise PatternNotShared(pattern, out[-1] + letter)
        out.append(letter)
        i += 1
    return "".join(out)


def _escape(pattern: str, letter: str, inside: bool) -> str:
    if letter in _CLASSES:
        return _CLASSES[letter] if inside else f"[{_CLASSES[letter]}]"
    if letter.lower() in _CLASSES and not inside:
        return f"[^{_CLASSES[letter.lower()]}]"
    if letter in _KEPT or (inside and letter == "-"):
        return f"\\{letter}"
    if letter.isalnum():
        raise PatternNotShared(pattern, f"\\{letter}")
    return letter


def anchored(pattern: str) -> str:
    """``pattern`` for readers that search: it matches the whole value or nothing.

    >>> anchored("a|b"), anchored("^[0-9]{5}$")
    ('^(?:a|b)$', '^[0-9]{5}$')
    """
    return f"^{bare(pattern)}$"


def bare(pattern: str) -> str:
    """``pattern`` for readers that put the anchors themselves.

    >>> bare("a|b"), bare("^[0-9]{5}$")
    ('(?:a|b)', '[0-9]{5}')
    """
    written = shared(pattern)
    if "|" in written:
        return f"(?:{written})"
    end = -1 if written.endswith("$") and not written.endswith("\\$") else None
    return written[1 if written.startswith("^") else 0 : end]
