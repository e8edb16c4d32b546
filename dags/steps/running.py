"""Running one step of a dataset: what it is given is handed on, how it fails is put on record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from blueprint import blueprint
from dags.errors import DeliveryMissing, DiskFull
from dags.notices.outbox import Outbox
from dags.settings import PipelineSettings
from dags.steps.records import RunRecord
from dags.steps.slices import Slice, slices

Json = dict[str, Any]
PART = "part"
"""The field of every result that names the delivery which it belongs to, where a run takes several or one of a date."""


@dataclass(frozen=True)
class Call:
    """A step of one run: ``asked`` are the run's parameters, ``day`` is its own day in Asia/Ho_Chi_Minh."""

    step: str
    dataset: str
    run_id: str
    asked: Mapping[str, Any]
    day: date
    given: Mapping[str, Any]
    """The results of earlier steps by name, and ``slice`` where the run takes several deliveries."""


def run_step(call: Call) -> Any:
    """The result of a step, as small JSON values. Every error is on record before it is raised again."""
    home, part = PipelineSettings().home, part_of(call.given)
    try:
        with DiskFull.told():
            if call.step == "slices":
                return _slices(call)
            if call.step == "fetch":
                taken = _taken(call)
                part = taken.key
                return _fetch(call, taken) | {PART: part}
            found = _after_fetch(call, part) | {PART: part}
            if RunRecord(home, call.dataset, part).read().get("state") == "success":
                Outbox(home).settle(call.dataset, ("failed", "slow"), part)
            return found
    except Exception as error:
        RunRecord(home, call.dataset, part).fail("fetch" if call.step == "slices" else call.step, error)
        raise


def may_pass(error: BaseException) -> bool:
    """Whether trying again later may help: what nobody foresaw, or what another program or an agency has yet to do."""
    from blueprint.errors import HanoiError
    from catalog.publisher import CatalogueDown
    from dags.sources.places.errors import PlaceMoved
    from lake import CatalogUnreachable, LakeBusy, LakeFull, VersionMoved

    passing = (
        CatalogUnreachable,
        CatalogueDown,
        DeliveryMissing,
        DiskFull,
        LakeBusy,
        LakeFull,
        PlaceMoved,
        VersionMoved,
    )
    return isinstance(error, passing) or not isinstance(error, HanoiError)


def _slices(call: Call) -> list[Json]:
    """The deliveries of a run, which its record names from now on."""
    record = RunRecord(PipelineSettings().home, call.dataset)
    record.start(call.run_id)
    found = slices(blueprint().contract(call.dataset), call.asked, call.day)
    record.start(call.run_id, slices=[one.key for one in found if one.key])
    return [one.to_json() for one in found]


def _taken(call: Call) -> Slice:
    if "slice" in call.given:
        return Slice.of(call.given["slice"])
    RunRecord(PipelineSettings().home, call.dataset).start(call.run_id)
    (only,) = slices(blueprint().contract(call.dataset), call.asked, call.day)[:1]
    return only


def _fetch(call: Call, taken: Slice) -> Json:
    from dags.steps import steps

    file = str(taken.file) if taken.file else None
    return steps.fetch(call.dataset, call.run_id, file, day=taken.day, part=taken.key)


def _after_fetch(call: Call, part: str | None) -> Json:
    from dags.steps import steps

    values = {name: {k: v for k, v in value.items() if k != PART} for name, value in call.given.items()}
    dataset, run_id = call.dataset, call.run_id
    calls: Mapping[str, Callable[[], Json]] = {
        "conform": lambda: steps.conform(dataset, run_id, values["delivery"], part=part),
        "gate": lambda: steps.gate(dataset, values["conformed"], part=part),
        "commit": lambda: steps.commit(dataset, run_id, values["conformed"], values["verdict"], part=part),
        "publish": lambda: steps.publish(dataset, run_id, values["committed"], part=part),
    }
    return calls[call.step]()


def part_of(given: Mapping[str, Any]) -> str | None:
    """The name of the delivery that a step works on, from what it is given; None where the run has one without a name."""
    if "slice" in given:
        return Slice.of(given["slice"]).key
    found = (value.get(PART) for value in given.values() if isinstance(value, Mapping))
    return next((part for part in found if part), None)
