"""The pages of indicators: all of them, and one with its source, its formula and what it is computed from."""

from fastapi import Request, Response

from blueprint.days import today
from blueprint.indicator import Indicator
from blueprint.registry import lookup, parts
from blueprint.registry.view import View
from blueprint.subjects import subject_of
from blueprint.text import unaccented


class IndicatorPages(View):
    def indicators(self, request: Request) -> Response:
        listed = sorted(self.of.indicators.values(), key=lambda i: unaccented(self.b(i.title)))
        return self.show(
            request,
            "indicators.html",
            indicators=listed,
            values={i.value: self.plan.concept(i.value) for i in listed},
            periods={k: self.b(v) for k, v in parts.PERIODS.items()},
            narrowest=self.plan.classification,
        )

    def indicator(self, request: Request, name: str, version: str | None = None) -> Response:
        one = lookup.declared(self.of, "indicators", name, version, Indicator)
        base = f"/indicators/{name}/{one.version}"
        return self.show(
            request,
            "indicator.html",
            indicator=one,
            newest=self.of.newest(subject_of(one)),
            declarations=self.of.versions(one),
            value=self.plan.concept(one.value),
            groups=[(g, self.plan.concept(g.concept)) for g in one.groups],
            read=[(reads, self.plan.read_contract(reads)) for reads in one.datasets],
            period=self.b(parts.PERIODS[one.period]),
            narrowest=self.plan.classification(one),
            leaves=self.plan.leaves(one),
            history=self.of.releases_of(subject_of(one)),
            day=today(),
            links=[
                (f"{base}?format=json", "JSON", ""),
                (f"{base}?format=source", self.t("Khai báo gốc", "The declaration"), ".yaml"),
            ],
        )
