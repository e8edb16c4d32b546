"""A Blueprint with several versions in a folder of its own, and the service running over it."""

import json
import shutil
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import yaml

from blueprint import Blueprint, changelog, released
from blueprint.load import ROOT, load

FOLDERS = ("concepts", "codelists", "crosswalks", "contracts", "indicators", "changelog")
NOTICE_VI, NOTICE_EN = "Bỏ cột tên tuyến cũ.", "The old route name goes."


def evolved(home: Path) -> Blueprint:
    """The declarations of the repository with two more releases of one dataset.

    ``bus-routes`` 1.1.0 adds an optional column, 2.0.0 makes it required and gives notice; a draft 2.1.0 lies beside them.
    """
    for folder in FOLDERS:
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, home / folder)
    shutil.copy(ROOT / released.LOCK, home / released.LOCK)
    place = next(home.glob("contracts/*/bus-routes"))
    contract = yaml.safe_load((place / "1.0.0.yaml").read_text(encoding="utf-8"))
    note = {"name": "note", "concept": "free-text@1", "title": {"vi": "Ghi chú", "en": "Note"}}
    minor = {**contract, "version": "1.1.0", "columns": [*contract["columns"], note]}
    major = {**minor, "version": "2.0.0", "columns": [*contract["columns"], {**note, "required": True}]}
    draft = {**major, "version": "2.1.0", "columns": [*major["columns"], {**note, "name": "remark"}]}
    lock = released.recorded(home)
    day = date(2026, 12, 1)
    write(place / "1.1.0.yaml", minor)
    write(place / "2.0.0.yaml", major)
    write(place / "2.1.0.yaml", draft)
    change = {
        "rule": "column-added",
        "path": "columns.note",
        "verdict": "allowed",
        "vi": "Thêm cột note.",
        "en": "Column note is added.",
    }
    files = {}
    for version, bump in (("1.1.0", "minor"), ("2.0.0", "major")):
        file = (place / f"{version}.yaml").relative_to(home).as_posix()
        entry: dict[str, object] = {
            "subject": "bus-routes",
            "version": version,
            "date": day,
            "bump": bump,
            "files": [file],
            "changes": [change],
        }
        if bump == "major":
            entry["notice"] = {
                "former": "1.1.0",
                "effective": day,
                "former_until": date(2099, 12, 31),
                "concerned": ["bus-routes"],
                "columns": ["bus-routes.note"],
                "organisations": ["so-xay-dung"],
                "vi": NOTICE_VI,
                "en": NOTICE_EN,
            }
        told = home / changelog.entry_file("bus-routes", version)
        told.parent.mkdir(parents=True, exist_ok=True)
        write(told, entry)
        for name in (file, told.relative_to(home).as_posix()):
            files[name] = released.digest(home / name)
    (home / released.LOCK).write_text(json.dumps({**lock, **files}), encoding="utf-8")
    return load(home)


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def write(path: Path, content: object) -> None:
    path.write_text(yaml.dump(content, Dumper=_Plain, allow_unicode=True, sort_keys=False), encoding="utf-8")


@contextmanager
def running(home: Path) -> Generator[str]:
    """The address of the service over ``home``, served by a real server in a thread of this process."""
    import uvicorn

    from blueprint.registry.app import create_app

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        config = uvicorn.Config(create_app(load(home)), log_level="warning", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.started, "the service did not start"
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()
