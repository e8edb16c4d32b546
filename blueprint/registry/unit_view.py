"""Looking up a code or a name as of a day: what it meant then, what became of it, and what it means at other dates."""

from dataclasses import dataclass
from datetime import date

from blueprint.codelist import CodeEntry, CodeList
from blueprint.crosswalk import Pair
from blueprint.registry import lookup
from blueprint.registry.holdings import Holdings
from blueprint.registry.language import Language, chooser, day, decimal

MOST = 20


@dataclass(frozen=True)
class Found:
    """An entry with the list it stands in."""

    codelist: CodeList
    entry: CodeEntry


@dataclass(frozen=True)
class Step:
    """One unit that another went into or came from: the link to it, its code and name, and the share that went along."""

    link: str
    code: str
    name: str
    share: str


def find(holdings: Holdings, listed: str, code: str, on: date) -> tuple[list[Found], list[Found]]:
    """What bears the code, or failing that the name, on the day; and what does at other dates.

    ``listed`` names one list; all lists that are read as of a date where it is empty.
    """
    lists = [c for c in holdings.dated if listed in ("", c.codelist)]
    matching = [Found(c, e) for c in lists for e in lookup.entries(c, on, code, "all")] if code.strip() else []
    seen = [f for f in matching if f.entry.code == code.strip()] or matching
    then = [f for f in seen if f.entry.holds_on(on)]
    return then[:MOST], [f for f in seen if not f.entry.holds_on(on)][:MOST]


def moves(holdings: Holdings, language: Language, found: Found) -> list[tuple[str, list[Step]]]:
    """What became of the unit and where it came from: a heading, then the units."""
    t = chooser(language)
    told: list[tuple[str, list[Step]]] = []
    for move in lookup.moves(holdings.crosswalks, found.codelist.codelist, found.entry):
        walk = move.crosswalk
        on = walk.present if move.onward else walk.former
        at = day(walk.present, language)
        label = (
            t(f"Từ {at} đi vào", f"From {at} it goes into")
            if move.onward
            else t(f"Ngày {at} hình thành từ", f"Formed on {at} from")
        )
        steps: list[Step] = []
        for pair in move.pairs:
            code = pair.new_code if move.onward else pair.old_code
            other = found.codelist.find(code, on)
            link = f"/units?list={found.codelist.codelist}&code={code}&as_of={on}"
            steps.append(Step(link, code, t(other.vi, other.en) if other else "", share(pair, language)))
        told.append((label, steps))
    return told


def share(pair: Pair, language: Language) -> str:
    """How much of the former unit goes along, in words."""
    t = chooser(language)
    if pair.relation == "full":
        return t("toàn bộ", "whole")
    weights = ((pair.area_weight, "diện tích", "area"), (pair.population_weight, "dân số", "people"))
    parts = [
        f"{t(vi, en)} {decimal(f'{float(weight * 100):.4g}', language)} %"
        for weight, vi, en in weights
        if weight is not None
    ]
    return ", ".join([t("một phần", "in part"), *parts])
