"""The quality report: one result per judged delivery, as JSON, as DQV for the catalogue, and as a page in vi and en."""

from quality.report.building import judged, unreadable
from quality.report.dqv import dqv
from quality.report.model import FORMAT, QualityResult
from quality.report.page import html
from quality.report.store import ReportStore

__all__ = [
    "FORMAT",
    "QualityResult",
    "ReportStore",
    "dqv",
    "html",
    "judged",
    "unreadable",
]
