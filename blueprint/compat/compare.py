"""Comparing two versions of a declaration, whatever its kind."""

from datetime import date

from blueprint.codelist import CodeList
from blueprint.compat.change import Change, Context
from blueprint.compat.codelists import of_codelist
from blueprint.compat.concepts import of_versions
from blueprint.compat.contracts import of_contract
from blueprint.compat.crosswalks import of_crosswalk
from blueprint.compat.indicators import of_indicator
from blueprint.concept import Concept
from blueprint.contract import Contract
from blueprint.crosswalk import Crosswalk
from blueprint.errors import BlueprintError
from blueprint.indicator import Indicator
from blueprint.load import Blueprint, with_codes
from blueprint.subjects import Declaration, subject_of


def compare(old: Declaration, new: Declaration, plan: Blueprint, today: date | None = None) -> tuple[Change, ...]:
    """Every change from ``old`` to ``new``, each of one of the 33 kinds; nothing is judged yet.

    ``plan`` resolves concepts, code lists and crosswalks, and holds the versions whose names count as used. Raises
    BlueprintError where the two are not of one kind, or bind to a concept that ``plan`` does not hold.

    >>> from blueprint import blueprint
    >>> old = blueprint().contract("bus-stops")
    >>> [c.kind.id for c in compare(old, old.model_copy(update={"spatial": "Hà Nội và Hưng Yên"}), blueprint())]
    ['text-changed']
    """
    return changes(old, new, Context.of(plan, today))


def changes(old: Declaration, new: Declaration, context: Context) -> tuple[Change, ...]:
    """As ``compare``, with what it may look up already at hand."""
    match written_out(old, context.plan), written_out(new, context.plan):
        case Concept() as was, Concept() as now:
            return tuple(of_versions(was, now, context))
        case CodeList() as was, CodeList() as now:
            return tuple(of_codelist(was, now, context))
        case Crosswalk() as was, Crosswalk() as now:
            return tuple(of_crosswalk(was, now, context))
        case Contract() as was, Contract() as now:
            return tuple(of_contract(was, now, context))
        case Indicator() as was, Indicator() as now:
            return tuple(of_indicator(was, now, context))
        case _:
            pass
    raise BlueprintError(
        f"Không so sánh được {subject_of(old)} với {subject_of(new)}: hai loại khai báo khác nhau; "
        "hãy đưa hai phiên bản của cùng một khái niệm, danh mục, bảng chuyển đổi, hợp đồng hoặc chỉ số.",
        f"{subject_of(old)} and {subject_of(new)} cannot be compared: they are declarations of two kinds; "
        "give two versions of one concept, code list, crosswalk, contract or indicator.",
    )


def written_out(declaration: Declaration, plan: Blueprint) -> Declaration:
    """``declaration`` with the codes that its rules name by list written out, as a draft out of a file may not have them."""
    if isinstance(declaration, Contract):
        return with_codes(declaration, plan.codelists, plan.crosswalks)
    return declaration
