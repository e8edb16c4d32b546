"""The identifiers by name, and the verdict on one value."""

import difflib

from blueprint.errors import BlueprintError
from blueprint.identifiers import wrong
from blueprint.identifiers.model import Identifier, Verdict
from blueprint.identifiers.offices import ORGANISATION_CODE, PROCEDURE_CODE
from blueprint.identifiers.people import FORMER_ID_NUMBER, HEALTH_INSURANCE_CARD, PERSONAL_ID
from blueprint.identifiers.phones import PHONE
from blueprint.identifiers.tax import TAX_CODE
from blueprint.text import Bilingual

IDENTIFIERS: dict[str, Identifier] = {
    identifier.name: identifier
    for identifier in (
        PERSONAL_ID,
        FORMER_ID_NUMBER,
        TAX_CODE,
        PHONE,
        HEALTH_INSURANCE_CARD,
        PROCEDURE_CODE,
        ORGANISATION_CODE,
    )
}
"""Every identifier by its name."""


class UnknownIdentifier(BlueprintError):
    """No identifier bears this name."""

    def __init__(self, name: str) -> None:
        known = ", ".join(IDENTIFIERS)
        near = difflib.get_close_matches(name, IDENTIFIERS, n=1)
        super().__init__(
            f"Không có loại định danh {name!r}. Các loại: {known}."
            + (f" Có phải ý bạn là {near[0]!r}?" if near else ""),
            f"There is no identifier {name!r}. Known: {known}." + (f" Did you mean {near[0]!r}?" if near else ""),
        )


def identifier_of(name: str) -> Identifier:
    """The identifier of this name. Raises UnknownIdentifier."""
    try:
        return IDENTIFIERS[name]
    except KeyError:
        raise UnknownIdentifier(name) from None


def identify(kind: str, text: str) -> Verdict:
    """The verdict on ``text`` as an identifier of ``kind``, a name of ``IDENTIFIERS``.

    Blanks, dots and hyphens between the groups of a number are read over; other characters are not: digits are the
    ASCII digits only. Nothing of ``text`` is repeated in the reason or in ``repr``. Raises UnknownIdentifier.

    >>> verdict = identify("tax-code", "0100109106-001")
    >>> verdict.ok, verdict.form, verdict.level.value, verdict.normal
    (True, 'branch', 'checksum', '0100109106-001')
    >>> identify("personal-id", "001 299 000 000").level.value
    'shape'
    >>> identify("phone", "24 3000 0000").reason.en.startswith("Its 10 digits")
    True
    """
    identifier = identifier_of(kind)
    found = identifier.find(text)
    if found is not None:
        form, match = found
        return Verdict(kind, True, form.level, form.name, identifier.says, form.written(match, form.normal))
    compact = identifier.compact(text)
    vi, en = wrong.character(identifier, text) if compact is None else identifier.why(compact)
    return Verdict(kind, False, None, None, Bilingual(vi=vi, en=en))


def explain(identifier: str) -> tuple[str, str]:
    """What a column of this identifier must hold, in Vietnamese and English, with a made-up example.

    The two phrases go on from the name of a column. Raises UnknownIdentifier.

    >>> explain("procedure-code")[1]
    'must be a national procedure code: one digit, a dot, six digits; for example: 1.000000.'
    """
    known = identifier_of(identifier)
    return (
        f"phải là {known.expected.vi}; ví dụ: {known.example}.",
        f"must be {known.expected.en}; for example: {known.example}.",
    )
