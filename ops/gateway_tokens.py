"""What a token may be issued for."""

from collections.abc import Sequence

from blueprint import Blueprint
from blueprint.errors import HanoiError
from blueprint.problems import near


class UnknownAgency(HanoiError):
    """No agency of this code delivers a dataset."""


def require_agency(plan: Blueprint, agency: str, datasets: Sequence[str]) -> None:
    """Raises UnknownAgency where ``agency`` owns no dataset, or not one of ``datasets``."""
    own = plan.datasets_of(agency)
    if not own:
        agencies = sorted({c.agency for c in plan.contracts.values()})
        vi, en = near(agency, agencies)
        listed = ", ".join(agencies)
        raise UnknownAgency(
            f"Không có bộ dữ liệu nào của cơ quan {agency!r}.{vi} Các cơ quan: {listed}.",
            f"The agency {agency!r} has no dataset.{en} Agencies: {listed}.",
        )
    if wrong := sorted(set(datasets) - set(own)):
        raise UnknownAgency(
            f"{', '.join(wrong)} không phải của {agency}. Các bộ dữ liệu của cơ quan: {', '.join(own)}.",
            f"{', '.join(wrong)} is not of {agency}. Its datasets: {', '.join(own)}.",
        )
