"""Version numbers: three parts for contracts, one for everything else."""

from blueprint.compat.verdicts import Bump
from blueprint.subjects import Declaration, version_of


def numbers(version: str) -> tuple[int, ...]:
    """The parts of ``version`` as numbers, for ordering.

    >>> numbers("1.10.0") > numbers("1.9.3")
    True
    """
    return tuple(map(int, version.split(".")))


def number(declaration: Declaration) -> tuple[int, ...]:
    return numbers(version_of(declaration))


def next_version(version: str, bump: Bump | str) -> str | None:
    """The least version after ``version`` that raises the part ``bump``; ``None`` for ``never``.

    A version of one part, as concepts and lists have, goes up by one whatever changed.

    >>> next_version("1.2.3", "minor"), next_version("1.2.3", "major"), next_version("3", "patch")
    ('1.3.0', '2.0.0', '4')
    """
    bump = Bump(bump)
    if bump is Bump.NEVER:
        return None
    parts = numbers(version)
    if len(parts) == 1:
        return str(parts[0] + 1)
    major, minor, patch = parts
    if bump is Bump.MAJOR:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if bump is Bump.MINOR else f"{major}.{minor}.{patch + 1}"
