"""From one contract to what other tools read: schemas, tables, models, checks, metadata and pages.

>>> from blueprint import blueprint
>>> from blueprint.compile import export
>>> print(export(blueprint().contract("bus-routes"), blueprint(), "duckdb").splitlines()[0])
CREATE TABLE "bus-routes" (

Each module here compiles to one target and has a typed function of its own beside ``text``; a target's library is
imported only when that target is asked for. The same declarations always give the same text.
"""

from importlib import import_module

from blueprint.compile.targets import TARGETS, Limit, Target
from blueprint.contract import Contract
from blueprint.errors import BlueprintError
from blueprint.load import Blueprint
from blueprint.problems import near

__all__ = ["TARGETS", "Limit", "Target", "UnknownTarget", "export", "target"]


class UnknownTarget(BlueprintError):
    """Nothing compiles to a target of this name."""


def target(name: str) -> Target:
    """The target ``name``. Raises UnknownTarget with the names there are."""
    try:
        return TARGETS[name]
    except KeyError:
        vi, en = near(name, TARGETS)
        listed = ", ".join(TARGETS)
        raise UnknownTarget(
            f"Không có đích {name!r}. Các đích hiện có: {listed}.{vi}",
            f"There is no target {name!r}. The targets are: {listed}.{en}",
        ) from None


def export(contract: Contract, plan: Blueprint, to: str) -> str:
    """``contract`` as the text of the target ``to``, a name in ``TARGETS``; it ends in one line break.

    Raises UnknownTarget, or BlueprintError where the declarations contradict themselves or hold a pattern that the
    target cannot carry.
    """
    module = import_module(f"blueprint.compile.{target(to).module}")
    return module.text(contract, plan).rstrip("\n") + "\n"
