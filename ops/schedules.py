"""Schedules in words, and when they come next; times are those of Asia/Ho_Chi_Minh."""

import calendar
from datetime import datetime

from blueprint import Contract
from blueprint.days import ZONE

_DAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_LOCALES = {"vi": "vi_VN", "en": "en_US"}


def in_words(contract: Contract) -> dict[str, str]:
    """When the DAG of ``contract`` runs, in Vietnamese and English."""
    found: dict[str, list[str]] = {"vi": [], "en": []}
    if contract.schedule:
        for language, told in found.items():
            told.append(_described(contract.schedule, language))
    if contract.after:
        names = ", ".join(contract.after)
        found["vi"].append(f"sau mỗi phiên bản của {names}")
        found["en"].append(f"after each version of {names}")
    return {
        "vi": "; ".join(found["vi"]) or "khi có yêu cầu hoặc khi nhận tệp",
        "en": "; ".join(found["en"]) or "on request, or when a file comes",
    }


def next_run(contract: Contract, after: datetime) -> datetime | None:
    """When the clock starts the DAG of ``contract`` next, an aware datetime; None where it does not."""
    if contract.schedule is None:
        return None
    from croniter import croniter

    found: datetime = croniter(contract.schedule, after.astimezone(ZONE)).get_next(datetime)
    return found


def _described(schedule: str, language: str) -> str:
    from cron_descriptor import Options, get_description

    options = Options()
    options.locale_code, options.use_24hour_time_format, options.verbose = _LOCALES[language], True, False
    text = get_description(schedule, options)
    if language == "vi":  # the library leaves the names of days and months in English
        for number, day in enumerate(_DAYS):
            text = text.replace(calendar.day_name[number], day)
        for number in range(1, 13):
            text = text.replace(calendar.month_name[number], f"tháng {number}")
    return text[:1].lower() + text[1:]
