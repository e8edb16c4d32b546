"""The day it is in the city."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def today() -> date:
    """The day it is in Asia/Ho_Chi_Minh."""
    return datetime.now(ZONE).date()
