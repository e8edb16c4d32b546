"""The figures of an indicator by its name."""

from pathlib import Path

from blueprint.indicator import Indicator
from blueprint.load import blueprint
from blueprint.subjects import find
from lake.indicators import Figures, compute
from ops.settings import settings_for


def figures_of(name: str, home: Path | None) -> Figures:
    """The figures of ``NAME`` or ``NAME@VERSION``, the version in force where none is given, over the lake of ``home``.

    Raises BlueprintError for a name that is no indicator's, and as ``lake.indicators.compute`` does.
    """
    plan = blueprint()
    bare, _, version = name.removeprefix("indicator:").partition("@")
    chosen = find(f"indicator:{bare}@{version}", plan) if version else plan.indicator(bare)
    assert isinstance(chosen, Indicator)  # noqa: S101 - what its subject says
    return compute(settings_for(home).lake, chosen, plan)
