"""Compatibility: what changed between versions of a declaration, whether a mode allows it, and the next version.

>>> from blueprint import blueprint
>>> from blueprint.compat import check
>>> check(blueprint().contract("bus-stops"), blueprint()).compatible
True
"""

from blueprint.compat.change import Change
from blueprint.compat.compare import compare
from blueprint.compat.findings import Finding
from blueprint.compat.kinds import DEPRECATION_DAYS, KINDS, Kind
from blueprint.compat.replay import Example, Outcome, Replay
from blueprint.compat.report import Report, check, diff, mode_of
from blueprint.compat.verdicts import Bump, Verdict
from blueprint.compat.versions import next_version
from blueprint.concept import Mode

__all__ = [
    "DEPRECATION_DAYS",
    "KINDS",
    "Bump",
    "Change",
    "Example",
    "Finding",
    "Kind",
    "Mode",
    "Outcome",
    "Replay",
    "Report",
    "Verdict",
    "check",
    "compare",
    "diff",
    "mode_of",
    "next_version",
]
