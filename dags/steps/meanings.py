"""What a rule id on a quarantined row means, in Vietnamese and English."""

from quality.meanings import Meaning, explain

__all__ = ["Meaning", "explain"]
