"""Notices: one for each fault, in both languages, without values of the data; sent by mail and webhook where they are set."""

import email
import json
import socketserver
import stat
import threading
from collections.abc import Iterator
from datetime import timedelta
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from blueprint import Blueprint, blueprint
from dags.errors import DeliveryMissing, GateFailed
from dags.notices import Notice, Outbox, callbacks
from dags.notices.sending import WrongAddress, send, subject, text
from dags.settings import PipelineSettings
from dags.steps import watch
from dags.steps.freshness import DatasetFreshness
from dags.steps.records import RunRecord
from quality.freshness import FreshnessMark

DATASET, AGENCY = "bus-stops", "so-xay-dung"
MISSING = DeliveryMissing("không có tệp", "there is no file")


def notice(**more: Any) -> Notice:
    said = {"vi": "Cột Mã không có.", "en": "The column Mã is not there."}
    next_ = {"vi": "Sửa tệp.", "en": "Mend the file."}
    title = {"vi": "Trạm xe buýt", "en": "Bus stops"}
    given = {"kind": "failed", "agency": AGENCY, "dataset": DATASET, "title": title, "step": "conform", "said": said}
    return Notice(**{**given, "next": next_, "for_agency": True, "fault": "abc", **more})


def fail(home: Path, step: str, error: Exception, run_id: str = "r1", **found: Any) -> None:
    record = RunRecord(home, DATASET)
    record.start(run_id)
    if found:
        record.note("fetch", **found)
    record.fail(step, error)
    task = SimpleNamespace(dataset=DATASET, step=step, given={})
    cause = RuntimeError("what Airflow makes of it")
    cause.__cause__ = error
    callbacks.failed({"task": task, "run_id": run_id, "exception": cause})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANOI_HOME", str(tmp_path))
    return tmp_path


def test_a_fault_is_told_once_until_it_is_over(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    assert outbox.tell(notice())
    assert not outbox.tell(notice(run_id="r2"))
    assert outbox.tell(notice(fault="another delivery"))
    assert [n["times"] for n in outbox.notices()] == [2, 1]
    assert outbox.settle(DATASET, ("late",)) == 0
    assert outbox.settle(DATASET, ("failed",)) == 2
    assert outbox.notices() == []
    assert len(outbox.notices(AGENCY, every=True)) == 2
    assert outbox.tell(notice()), "the same fault after it was over is a new one"


def test_a_notice_is_private_and_lies_with_its_agency(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.tell(notice(), lambda: "<html>báo cáo</html>")
    path = outbox.path(notice())
    assert path.parent == tmp_path / "notices" / AGENCY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    (content,) = outbox.notices()
    assert (tmp_path / content["report"]).read_text(encoding="utf-8") == "<html>báo cáo</html>"
    assert outbox.notices("vcci") == []


def test_one_day_that_is_mended_closes_no_other(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.tell(notice(part="2026-03-01"))
    outbox.tell(notice(part="2026-03-02"))
    assert outbox.settle(DATASET, ("failed",), "2026-03-01") == 1
    assert [n["part"] for n in outbox.notices()] == ["2026-03-02"]


def test_a_failed_step_says_what_the_run_says_and_what_to_do(home: Path) -> None:
    fail(home, "gate", GateFailed("cổng từ chối", "the gate refused"), delivery="d" * 64)
    fail(home, "gate", GateFailed("cổng từ chối", "the gate refused"), run_id="r2", delivery="d" * 64)
    (told,) = Outbox(home).notices()
    assert (told["agency"], told["step"], told["times"], told["run_id"]) == (AGENCY, "gate", 2, "r2")
    assert told["said"] == {"vi": "cổng từ chối", "en": "the gate refused"}
    assert f"hanoi check FILE --dataset {DATASET}" in told["next"]["en"]
    assert told["title"]["vi"] == blueprint().contract(DATASET).title.vi
    fail(home, "gate", GateFailed("cổng từ chối", "the gate refused"), run_id="r3", delivery="e" * 64)
    assert len(Outbox(home).notices()) == 2, "another delivery with the same fault is a fault of its own"


@pytest.mark.parametrize(
    ("step", "for_agency"), [("fetch", True), ("conform", True), ("commit", False), ("publish", False)]
)
def test_an_agency_is_not_told_of_the_platforms_faults(home: Path, step: str, for_agency: bool) -> None:
    fail(home, step, MISSING)
    (told,) = Outbox(home).notices()
    assert told["for_agency"] is for_agency


def test_no_value_of_the_data_is_told(home: Path) -> None:
    fail(home, "conform", ValueError("bad row: Nguyễn Văn A, 012345678901"))
    (told,) = Outbox(home).notices()
    assert "012345678901" not in json.dumps(told, ensure_ascii=False)
    assert "Nguyễn" not in json.dumps(told, ensure_ascii=False)
    assert "ValueError" in told["said"]["vi"]
    assert "operator" in told["next"]["en"]


def test_a_killed_step_and_a_slow_run_are_told(home: Path) -> None:
    task = SimpleNamespace(dataset=DATASET, step="conform", given={})
    callbacks.failed({"task": task, "run_id": "r9", "exception": "Task was killed"})
    callbacks.slow({"dag_run": {"dag_run_id": "scheduled__1"}}, dataset=DATASET)
    killed, slow = Outbox(home).notices()
    assert "stopped" in killed["said"]["en"]
    assert (slow["kind"], slow["run_id"], slow["for_agency"]) == ("slow", "scheduled__1", False)


class Webhook:
    """An address on this machine that keeps what is posted to it, and answers with ``status``."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        self.status = 200
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                webhook.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(webhook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/token-1234"


class Mailbox(socketserver.StreamRequestHandler):
    """Enough of a mail server to take a message."""

    taken: list[bytes]

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline().strip().upper():
            if line == b"DATA":
                self._say("354 go on")
                body = b""
                while not body.endswith(b"\r\n.\r\n"):
                    body += self.rfile.readline()
                self.taken.append(body[:-5])
            self._say("221 bye" if line == b"QUIT" else "250 well")
            if line == b"QUIT":
                return

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    found = Webhook()
    thread = threading.Thread(target=found.server.serve_forever)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.fixture
def mailbox() -> Iterator[tuple[str, list[bytes]]]:
    taken: list[bytes] = []
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), type("Box", (Mailbox,), {"taken": taken}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"smtp://127.0.0.1:{server.server_address[1]}", taken
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_notice_leaves_by_every_way_once(tmp_path: Path, webhook: Webhook, mailbox: tuple[str, list[bytes]]) -> None:
    url, taken = mailbox
    settings = PipelineSettings(
        home=tmp_path,
        notice_webhook=webhook.url,
        notice_smtp=url,
        notice_from="data@example.org",
        notice_to={AGENCY: ["agency@example.org"], "vcci": ["other@example.org"], "*": ["ops@example.org"]},
    )
    outbox = Outbox(tmp_path)
    outbox.tell(notice(), lambda: "<html>báo cáo</html>")
    assert send(settings) == 1
    assert send(settings) == 0
    (posted,) = webhook.posted
    assert posted["dataset"] == DATASET
    assert "Cột Mã không có." in posted["text"]
    assert "The column Mã is not there." in posted["text"]
    message = email.message_from_bytes(taken[0], policy=default)
    assert message["To"] == "agency@example.org, ops@example.org"
    assert "Trạm xe buýt" in message["Subject"]
    assert message.get_body() is not None
    assert "Việc cần làm: Sửa tệp." in message.get_body().get_content()  # type: ignore[union-attr]
    assert [part.get_filename() for part in message.iter_attachments()] == ["notice.json", "report.html"]
    outbox.tell(notice(fault="of the platform", for_agency=False, step="publish"))
    send(settings)
    assert email.message_from_bytes(taken[1], policy=default)["To"] == "ops@example.org"


def test_what_could_not_leave_leaves_later(tmp_path: Path, webhook: Webhook) -> None:
    settings = PipelineSettings(home=tmp_path, notice_webhook=webhook.url)
    Outbox(tmp_path).tell(notice())
    webhook.status = 503
    assert send(settings) == 0
    assert Outbox(tmp_path).notices()[0]["sent"]["webhook"]["ok"] is False
    webhook.status = 200
    assert send(settings) == 1
    assert "token-1234" not in Outbox(tmp_path).path(notice()).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "wrong", [{"notice_webhook": "http://chat.example.org/x"}, {"notice_smtp": "mail.example.org"}]
)
def test_nothing_is_sent_in_the_clear(tmp_path: Path, wrong: dict[str, str]) -> None:
    settings = PipelineSettings(home=tmp_path, notice_from="a@example.org", notice_to={"*": ["b@example.org"]}, **wrong)
    Outbox(tmp_path).tell(notice())
    with pytest.raises(WrongAddress):
        send(settings)


def test_a_subject_is_one_line() -> None:
    content = {"title": {"vi": "Trạm\r\nBcc: x", "en": "Bus\nstops"}, "kind": "late"}
    assert "\n" not in subject(content)
    assert "\r" not in subject(content)
    whole = {**content, "dataset": DATASET, "part": None, "step": None, "report": None}
    assert text({**whole, "said": {"vi": "a", "en": "b"}, "next": {"vi": "c", "en": "d"}}).startswith(DATASET)


def test_the_watch_tells_of_late_data_and_stops_when_they_come(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Blueprint(Path(), {}, {}, {DATASET: blueprint().contract(DATASET), "wards": blueprint().contract("wards")})
    marks = {DATASET: FreshnessMark("late", None, None, timedelta(1), "trễ 1 ngày.", "late by 1 d."), "wards": None}

    def freshness_at(_: Path, __: object, name: str) -> list[DatasetFreshness]:
        if marks[name] is None:
            raise MISSING
        return [DatasetFreshness(name, "v1", marks[name])]

    monkeypatch.setattr(watch, "blueprint", lambda: plan)
    monkeypatch.setattr(watch, "freshness_at", freshness_at)
    settings = PipelineSettings()
    first, second = watch.watch(settings), watch.watch(settings)
    assert (first["late"], first["told"], first["unread"]) == ([DATASET], 1, ["wards"])
    assert second["told"] == 0
    (told,) = Outbox(home).notices()
    assert (told["kind"], told["said"]["vi"], told["times"]) == ("late", "trễ 1 ngày.", 2)
    assert json.loads((home / "freshness/marks.json").read_text())["datasets"][0]["state"] == "late"
    marks[DATASET] = FreshnessMark("fresh", None, None, None, "đúng hạn.", "on time.")
    assert watch.watch(settings)["late"] == []
    assert Outbox(home).notices() == []
