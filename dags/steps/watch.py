"""The watch: which data are late against what was promised, written down and told."""

import json
from datetime import datetime
from typing import Any

from blueprint import Contract, blueprint
from blueprint.days import ZONE
from blueprint.errors import HanoiError
from dags.notices.outbox import Notice, Outbox
from dags.notices.sending import send
from dags.settings import PipelineSettings
from dags.steps.freshness import DatasetFreshness, freshness_at
from lake.folders import private_folder, write_private

Json = dict[str, Any]


def watch(settings: PipelineSettings, at: datetime | None = None) -> Json:
    """Look at every dataset at the aware moment ``at``, now where absent; returns how many are late and what was told.

    The marks go to ``home/freshness/marks.json``. A promise that is broken is told once; what could not be sent before is
    sent now. Where one dataset cannot be looked at, the others are.
    """
    moment = at or datetime.now(ZONE)
    plan, outbox = blueprint(), Outbox(settings.home)
    found, unread = list[DatasetFreshness](), dict[str, dict[str, str]]()
    for name in plan.contracts:
        try:
            found += freshness_at(settings.home, moment, name)
        except HanoiError as error:
            unread[name] = {"vi": error.vi, "en": error.en}
    folder = private_folder(settings.home / "freshness")
    content = {"at": moment.isoformat(timespec="seconds"), "datasets": [one.to_json() for one in found]}
    content |= {"unread": unread}
    write_private(folder / "marks.json", json.dumps(content, ensure_ascii=False, indent=1))
    told = 0
    for one in found:
        if one.mark.overdue:
            told += outbox.tell(_notice(plan.contract(one.dataset), one))
        else:
            outbox.settle(one.dataset, ("late",))
    late = [one.dataset for one in found if one.mark.overdue]
    return {"datasets": len(found), "late": late, "told": told, "unread": sorted(unread), "sent": send(settings)}


def _notice(contract: Contract, found: DatasetFreshness) -> Notice:
    mark = found.mark
    return Notice(
        kind="late",
        agency=contract.agency,
        dataset=contract.dataset,
        title={"vi": contract.title.vi, "en": contract.title.en},
        step=None,
        said={"vi": mark.vi, "en": mark.en},
        next={
            "vi": "Hãy gửi số liệu mới. Nếu nhịp cập nhật đã đổi, hãy báo để sửa hợp đồng dữ liệu.",
            "en": "Send newer data. If the rhythm has changed, say so, so that the contract can be changed.",
        },
        for_agency=True,
        fault=str(mark.expected_by) if mark.state == "late" else "groups",
    )
