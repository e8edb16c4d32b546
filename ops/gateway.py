"""The delivery gateway as a service: it takes uploads, and each whole one goes through the DAG of its dataset."""

import json
import logging
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Protocol, TypeVar

from blueprint import blueprint
from blueprint.errors import HanoiError
from dags.gateway.app import application
from dags.gateway.bundles import Bundle, Bundles
from dags.gateway.door import LOG
from dags.gateway.tokens import Tokens
from dags.gateway.uploads import Upload, Uploads
from dags.marked import kept_of
from dags.steps.records import RunRecord
from lake.folders import private_folder
from ops import reports
from ops.settings import Settings
from quality.report import ReportStore

S = TypeVar("S", Upload, Bundle)
_LOG_BYTES = 16 * 1024 * 1024
_SWEEP = 3600
_JUDGING = ("fetch", "conform", "gate")
"""The steps that judge a delivery; what fails after them is the platform's fault and not the agency's."""
_WAITS = {
    "vi": "Tệp đã nhận đủ nhưng nền tảng đang gặp lỗi; đơn vị vận hành sẽ xử lý, không cần gửi lại.",
    "en": "The file is here, but the platform has a fault; its operator will see to it, and nothing need be sent again.",
}


class NotPrivate(HanoiError):
    """Tokens would travel unencrypted."""


@dataclass(frozen=True)
class Listening:
    """Where the gateway listens; ``certificate`` and ``key`` are PEM files and make it HTTPS."""

    host: str = "127.0.0.1"
    port: int = 5080
    certificate: Path | None = None
    key: Path | None = None


class Store(Protocol[S]):
    """Where deliveries of one kind are kept."""

    def note(self, sent: S, state: Any, /, **found: Any) -> S: ...
    def file(self, sent: S, /) -> Path: ...
    def report(self, sent: S, form: str = ..., /) -> Path: ...


class Intake:
    """Takes whole deliveries one after another through ``hanoi ingest`` and notes what became of each.

    A delivery is an upload that is one by itself, or several files that their sender closed.
    """

    def __init__(self, settings: Settings, uploads: Uploads, bundles: Bundles) -> None:
        self._settings, self._uploads, self._bundles = settings, uploads, bundles
        self._waiting: queue.Queue[Upload | Bundle | None] = queue.Queue()
        self._running: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._work, name="intake")

    def start(self) -> None:
        """Begin, with the deliveries that an earlier gateway had taken and not seen to their end."""
        self._thread.start()
        alone = [upload for upload in self._uploads.every() if upload.delivery is None]
        for sent in (*alone, *self._bundles.every()):
            if sent.state in ("received", "running"):
                self.add(sent)

    def add(self, sent: Upload | Bundle) -> None:
        self._waiting.put(sent)

    def stop(self) -> None:
        """End; a delivery that is being worked on is taken up again by the next gateway."""
        while not self._waiting.empty():
            self._waiting.get_nowait()
        self._waiting.put(None)
        if self._running:
            self._running.terminate()
        self._thread.join()

    def _work(self) -> None:
        while True:
            try:
                sent = self._waiting.get(timeout=_SWEEP)
            except queue.Empty:
                self._bundles.sweep()
                self._uploads.sweep()
                continue
            if sent is None:
                return
            try:
                if isinstance(sent, Upload):
                    self._take(sent, self._uploads)
                else:
                    self._take(sent, self._bundles)
            except Exception:
                LOG.exception("delivery %s could not be worked on", sent.id)

    def _take(self, sent: S, store: Store[S]) -> None:
        sent = store.note(sent, "running")
        command = [str(Path(sys.executable).with_name("hanoi")), "ingest", sent.dataset, "--json"]
        options = ["--file", str(store.file(sent)), "--home", str(self._settings.home)]
        with subprocess.Popen(
            [*command, *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as self._running:
            out, err = self._running.communicate()
        if self._running.returncode < 0:
            return  # ended with the gateway: the next one takes it up
        record = RunRecord(self._settings.home, sent.dataset).read()
        result = _result(out)
        if result is None or (result["state"] != "success" and record.get("step") not in _JUDGING):
            LOG.error(
                "delivery %s waits: %s", sent.id, (result or {}).get("error") or err.decode(errors="replace")[-2000:]
            )
            store.note(sent, "received", said=_WAITS)
            return
        self._keep_reports(sent, store)
        accepted = result["state"] == "success"
        said = result["error"] or {
            "vi": f"Đã nhận {result['rows_accepted']} dòng, cách ly {result['rows_quarantined']} dòng.",
            "en": f"{result['rows_accepted']} rows accepted, {result['rows_quarantined']} quarantined.",
        }
        LOG.info("delivery %s %s", sent.id, "accepted" if accepted else "refused")
        store.note(sent, "accepted" if accepted else "refused", version=result["version"], said=said)

    def _keep_reports(self, sent: S, store: Store[S]) -> None:
        """Lay the quality report beside what was sent, as a page and as the marked copy; it is named by its SHA-256."""
        home, plan = self._settings.home, blueprint()
        results = ReportStore(home).results(sent.dataset)
        found = next((r for r in results if r.delivery.id == sent.sha256), None)
        if found is None:
            return
        for form in ("html", "xlsx"):
            try:
                reports.write(store.report(sent, form), found, lambda: kept_of(home, plan, found), history=results)
            except Exception:  # a report that cannot be written must not hide what became of the delivery
                LOG.exception("the .%s report of delivery %s could not be written", form, sent.id)


def _result(out: bytes) -> dict[str, Any] | None:
    try:
        (result,) = json.loads(out)["datasets"]
    except (ValueError, KeyError):
        return None
    return dict(result)


def serve(settings: Settings, listening: Listening, limit: int) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Raises:
        NotPrivate: other machines could reach it and it has no certificate.
    """
    import uvicorn

    if listening.certificate is None and listening.host not in ("127.0.0.1", "::1", "localhost"):
        raise NotPrivate(
            f"Địa chỉ {listening.host} mở cho máy khác: cần --certificate và --key để mã truy cập đi qua HTTPS.",
            f"{listening.host} is open to other machines: --certificate and --key are needed so that tokens travel by HTTPS.",
        )
    _log_to(private_folder(settings.home / "logs") / "gateway.log")
    uploads = Uploads(settings.home, limit)
    bundles = Bundles(settings.home, uploads)
    bundles.sweep()
    uploads.sweep()
    intake = Intake(settings, uploads, bundles)
    app = application(blueprint(), Tokens(settings.home), uploads, intake.add, bundles)
    intake.start()
    try:
        uvicorn.run(
            app,
            host=listening.host,
            port=listening.port,
            ssl_certfile=listening.certificate,
            ssl_keyfile=listening.key,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    finally:
        intake.stop()


def _log_to(path: Path) -> None:
    path.touch(mode=0o600)
    handler = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=4, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
