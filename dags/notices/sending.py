"""Sending notices by mail and to a webhook, where the settings name them. What could not be sent is tried again later."""

import json
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

from blueprint.errors import HanoiError
from dags.notices.outbox import Json, Outbox
from dags.settings import PipelineSettings

_TIMEOUT = 15
_HERE = {"127.0.0.1", "::1", "localhost"}
_KINDS = {
    "failed": ("lần chạy không thành công", "a run failed"),
    "late": ("số liệu trễ hạn", "data are late"),
    "slow": ("lần chạy chưa xong đúng hạn", "a run has not ended in time"),
}


class WrongAddress(HanoiError):
    """A setting names a way of sending that there is none of, or one that would send in the clear."""


def send(settings: PipelineSettings) -> int:
    """Send every open notice by every way that is set and has not taken it yet; returns how many left.

    A mail server or webhook that does not answer is noted in the notice and stops nothing.
    """
    outbox, left = Outbox(settings.home), 0
    for notice in outbox.notices():
        wanted = {way: call for way, call in _ways(settings, notice).items() if not _done(notice, way)}
        results = {way: _tried(call) for way, call in wanted.items()}
        if results:
            outbox.sent(notice, results)
            left += any(results.values())
    return left


def subject(notice: Json) -> str:
    """One line: which dataset, and what happened.

    >>> subject({"title": {"vi": "Trạm xe buýt", "en": "Bus stops"}, "kind": "late"})
    'Trạm xe buýt: số liệu trễ hạn / Bus stops: data are late'
    """
    vi, en = _KINDS[notice["kind"]]
    return " ".join(f"{notice['title']['vi']}: {vi} / {notice['title']['en']}: {en}".split())


def text(notice: Json) -> str:
    """The whole notice, Vietnamese first."""
    step = f" ({notice['step']})" if notice["step"] else ""
    part = f" · {notice['part']}" if notice["part"] else ""
    report = f"\nBáo cáo / report: {notice['report']}" if notice["report"] else ""
    return (
        f"{notice['dataset']}{part}{step}\n\n{notice['said']['vi']}\nViệc cần làm: {notice['next']['vi']}\n\n"
        f"{notice['said']['en']}\nWhat to do: {notice['next']['en']}\n{report}"
    ).rstrip() + "\n"


def _ways(settings: PipelineSettings, notice: Json) -> Mapping[str, Callable[[], None]]:
    found: dict[str, Callable[[], None]] = {}
    if settings.notice_webhook:
        found["webhook"] = lambda: _post(settings, notice)
    addresses = list(settings.notice_to.get("*", ()))
    if notice["for_agency"]:
        addresses += settings.notice_to.get(notice["agency"], ())
    if settings.notice_smtp and settings.notice_from and addresses:
        found["mail"] = lambda: _mail(settings, notice, sorted(set(addresses)))
    return found


def _done(notice: Json, way: str) -> bool:
    return bool(notice["sent"].get(way, {}).get("ok"))


def _tried(call: Callable[[], None]) -> bool:
    import httpx

    try:
        call()
    except (httpx.HTTPError, smtplib.SMTPException, OSError):
        return False
    return True


def _post(settings: PipelineSettings, notice: Json) -> None:
    import httpx

    url = settings.notice_webhook.get_secret_value() if settings.notice_webhook else ""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _HERE:
        raise _clear("HANOI_NOTICE_WEBHOOK", "https://")
    # Chat systems show the field `text`; the others are for programs.
    content = {"text": f"{subject(notice)}\n{text(notice)}", **{k: v for k, v in notice.items() if k != "sent"}}
    httpx.post(url, json=content, timeout=_TIMEOUT).raise_for_status()


def _mail(settings: PipelineSettings, notice: Json, addresses: list[str]) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject(notice), settings.notice_from, ", ".join(addresses)
    message["Message-ID"] = f"<{notice['id']}.{''.join(c for c in notice['first_at'] if c.isalnum())}@hanoi-cloud>"
    message.set_content(text(notice))
    message.add_attachment(json.dumps(notice, ensure_ascii=False, indent=1), subtype="json", filename="notice.json")
    if notice["report"]:
        page = Path(settings.home / notice["report"]).read_text(encoding="utf-8")
        message.add_attachment(page, subtype="html", filename="report.html")
    with _server(settings) as server:
        server.send_message(message)


@contextmanager
def _server(settings: PipelineSettings) -> Iterator[smtplib.SMTP]:
    parts = urlsplit(settings.notice_smtp.get_secret_value() if settings.notice_smtp else "")
    host, trust = parts.hostname or "", ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=_TIMEOUT, context=trust)
    elif parts.scheme == "smtp":
        server = smtplib.SMTP(host, parts.port or 587, timeout=_TIMEOUT)
    else:
        raise _clear("HANOI_NOTICE_SMTP", "smtps:// / smtp://")
    with server:
        if parts.scheme == "smtp" and host not in _HERE:
            server.starttls(context=trust)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server


def _clear(setting: str, allowed: str) -> WrongAddress:
    return WrongAddress(
        f"{setting} phải bắt đầu bằng {allowed}, để thông báo không đi qua mạng mà không mã hóa.",
        f"{setting} must begin with {allowed}, so that notices never cross a network unencrypted.",
    )
