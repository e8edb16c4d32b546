"""Libraries that only some calls need."""

import importlib

from hanoi_cloud._exceptions import MissingDependency


def need(library: str, extra: str) -> None:
    """Load a library. Raises MissingDependency, with the line to run, where it is not installed."""
    try:
        importlib.import_module(library)
    except ModuleNotFoundError as cause:
        raise MissingDependency(library, extra) from cause
