"""The short lines by which the operator follows a start, on the error stream."""

import sys


def stage(vi: str, en: str) -> None:
    """Write one line for a stage that begins now."""
    sys.stderr.write(f"• {vi} / {en}\n")
    sys.stderr.flush()
