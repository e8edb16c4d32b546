"""What ``hanoi blueprint`` shows, in Vietnamese and English."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from blueprint.changelog import Release
from blueprint.codelist import CodeList
from blueprint.concept import Concept
from blueprint.contract import Contract
from blueprint.crosswalk import Crosswalk
from blueprint.errors import BlueprintError
from blueprint.impact import Impact
from blueprint.indicator import Indicator
from blueprint.load import Blueprint
from blueprint.released import recorded
from blueprint.subjects import Declaration, file_of, find, subject_of, subjects, version_of
from ops.terminal import listing, terminal

if TYPE_CHECKING:
    from blueprint.compat import Report

_VERDICTS = {
    "allowed": "[green]được phép / allowed[/green]",
    "refused": "[red]bị từ chối / refused[/red]",
    "undetermined": "[yellow]chưa rõ / undetermined[/yellow]",
}
_BUMPS = {
    "initial": "phiên bản đầu / first version",
    "patch": "sửa nhỏ / patch",
    "minor": "mở rộng / minor",
    "major": "phá vỡ / major",
}
_SHOWN = 40


def show_report(report: "Report") -> None:
    """Each finding with its verdict, rule, path, step and what to do, and then what all of them come to."""
    console = terminal()
    shown = sorted(report.findings, key=lambda f: f.verdict.value == "allowed")
    refused = sum(f.verdict.value != "allowed" for f in shown)
    for f in shown[: max(refused, _SHOWN)]:
        console.print(f"{_VERDICTS[f.verdict.value]} [bold]{f.rule}[/bold] {escape(f.path)}", soft_wrap=True)
        console.print(escape(f"  {f.vi}\n  {f.en}"), soft_wrap=True)
        if f.verdict.value != "allowed":
            console.print(escape(f"  → {f.hint_vi}\n  → {f.hint_en}"), soft_wrap=True)
    _left(console, len(shown) - max(refused, _SHOWN))
    against = ", ".join(report.against) or "—"
    mark = (
        "[green]TƯƠNG THÍCH / COMPATIBLE[/green]"
        if report.compatible
        else "[red]KHÔNG TƯƠNG THÍCH / NOT COMPATIBLE[/red]"
    )
    console.print(f"{report.subject} {against} → {report.version}, {report.mode.value}: {mark}", soft_wrap=True)
    if report.next_version:
        console.print(f"Phiên bản cần có / version needed: {report.next_version} trở lên / or more")
    elif report.findings:
        console.print(
            "Không phiên bản nào làm được; hãy lập chủ thể mới. / No version may do this; make a new subject."
        )


def show_release(entry: Release) -> None:
    """What a release holds, before and after it is made."""
    console = terminal()
    console.print(f"[bold]{entry.ref}[/bold] · {_BUMPS[entry.bump]} · {entry.date:%d/%m/%Y}")
    for file in entry.files:
        console.print(f"  + {file}", soft_wrap=True)
    for change in entry.changes[:_SHOWN]:
        console.print(f"  [bold]{change.rule}[/bold] {escape(change.vi)}\n    {escape(change.en)}", soft_wrap=True)
    _left(console, len(entry.changes) - _SHOWN)
    if entry.notice:
        console.print(
            f"  Thông báo / Notice:\n    {escape(entry.notice.vi)}\n    {escape(entry.notice.en)}", soft_wrap=True
        )


def show_changelog(entries: Iterable[Release]) -> None:
    """The changelog, newest first."""
    found = list(entries)
    for entry in found:
        show_release(entry)
    if not found:
        terminal().print("Chưa có gì được phát hành. / Nothing was released yet.")


def show_impact(found: Impact) -> None:
    """The columns that rest on a declaration, and what is linked to it."""
    console = terminal()
    table = listing(
        "Cột / Column", "Khái niệm / Concept", "Phân loại / Classification", "Công bố / Published", "Tên / Title"
    )
    for use in found.columns:
        concept = use.concept + (" (same_as)" if use.via == "same_as" else "")
        published = "có / yes" if use.published else "không / no"
        table.add_row(f"{use.contract}.{use.column}", concept, use.classification, published, f"{use.vi} / {use.en}")
    console.print(table)
    rows = (
        ("Bộ dữ liệu / Datasets", found.datasets),
        ("Tham chiếu đến chúng / Referring to them", found.referring),
        ("Khái niệm cùng nghĩa / Same as", found.same_as),
        ("Danh mục / Code lists", found.codelists),
        ("Bảng chuyển đổi / Crosswalks", found.crosswalks),
        ("Cơ quan / Agencies", tuple(f"{vi} / {en}" for _, vi, en in found.organisations)),
        ("Chỉ số / Indicators", found.indicators),
    )
    for name, values in rows:
        console.print(f"{name}: {escape(', '.join(values)) or 'không có / none'}", soft_wrap=True)


def listed(plan: Blueprint, kind: str | None) -> list[dict[str, Any]]:
    """One entry a subject: its versions, and the title of the newest."""
    lock = recorded(plan.root)
    found: list[dict[str, Any]] = []
    for subject, versions in subjects(plan).items():
        of = f"{subject.partition(':')[0]}s" if ":" in subject else "contracts"
        if kind in (None, of):
            newest = versions[-1]
            found.append(
                {
                    "subject": subject,
                    "kind": of.removesuffix("s"),
                    "version": version_of(newest),
                    "versions": [version_of(v) for v in versions],
                    "released": file_of(newest) in lock,
                    "vi": newest.title.vi,
                    "en": newest.title.en,
                }
            )
    return found


def show_list(found: list[dict[str, Any]]) -> None:
    table = listing("Chủ thể / Subject", "Phiên bản / Version", "Trạng thái / State", "Tên", "Title")
    for one in found:
        state = "đã phát hành / released" if one["released"] else "[yellow]bản nháp / draft[/yellow]"
        table.add_row(one["subject"], one["version"], state, escape(one["vi"]), escape(one["en"]))
    terminal().print(table)


def seen(name: str, plan: Blueprint, as_of: date | None) -> Declaration:
    """The declaration; a bare name may also be that of a concept, list, crosswalk or indicator where only one bears it.

    With ``as_of``, a code list with the entries that hold on that day. Raises BlueprintError for anything else with a day.
    """
    bare = name.partition("@")[0]
    known = subjects(plan)
    near = [s for s in known if s.partition(":")[2] == bare]
    found = find(f"{near[0]}{name[len(bare) :]}" if bare not in known and len(near) == 1 else name, plan)
    if as_of is None:
        return found
    if not isinstance(found, CodeList):
        raise BlueprintError(
            f"--as-of chỉ dùng cho danh mục; {subject_of(found)} không đọc theo ngày.",
            f"--as-of is for code lists; {subject_of(found)} is not read as of a day.",
        )
    return found.model_copy(update={"entries": tuple(e for e in found.entries if e.holds_on(as_of))})


def show_declaration(found: Declaration, plan: Blueprint) -> None:
    """One declaration with its parts; long tables are cut, which is said."""
    console = terminal()
    state = "đã phát hành / released" if file_of(found) in recorded(plan.root) else "bản nháp / draft"
    console.print(f"[bold]{subject_of(found)}@{version_of(found)}[/bold] · {state}", soft_wrap=True)
    text = found.description if isinstance(found, Contract) else found.definition
    for line in (found.title.vi, text.vi, found.title.en, text.en):
        console.print(escape(line), soft_wrap=True)
    match found:
        case Concept():
            hidden = {"concept", "version", "title", "definition"}
            for key, value in found.model_dump(mode="json", exclude_defaults=True, exclude=hidden).items():
                console.print(f"  {key}: {escape(str(value))}", soft_wrap=True)
        case CodeList():
            table = listing("Mã / Code", "Tên", "Name", "Từ / From", "Đến / To", "Căn cứ / Legal basis")
            for e in found.entries[:_SHOWN]:
                table.add_row(
                    e.code, escape(e.vi), escape(e.en), str(e.valid_from), str(e.valid_to or ""), escape(e.legal_basis)
                )
            console.print(table)
            _cut(console, len(found.entries))
        case Crosswalk():
            table = listing("Cũ / Old", "Mới / New", "Quan hệ / Relation", "Diện tích / Area", "Dân số / Population")
            for p in found.pairs[:_SHOWN]:
                table.add_row(
                    p.old_code, p.new_code, p.relation, str(p.area_weight or ""), str(p.population_weight or "")
                )
            console.print(table)
            _cut(console, len(found.pairs))
        case Contract():
            table = listing("Cột / Column", "Khái niệm / Concept", "Kiểu / Type", "Bắt buộc / Required", "Tên", "Title")
            for c in found.columns:
                concept = plan.concept_of(c)
                required = "có / yes" if c.required else ""
                table.add_row(c.name, c.concept, concept.type, required, escape(c.title.vi), escape(c.title.en))
            console.print(table)
        case Indicator():
            _show_indicator(console, found, plan)


def _show_indicator(console: Console, found: Indicator, plan: Blueprint) -> None:
    value = plan.concept(found.value)
    rows = (
        ("Nguồn / Source", f"{found.source.document}; {found.source.clause}"),
        ("Giá trị / Value", f"{found.value} ({value.unit or value.type})"),
        ("Kỳ / Period", found.period),
        ("Theo từng / Told by", ", ".join(f"{g.name} ({g.concept})" for g in found.groups)),
        (
            "Tính từ / Computed from",
            "; ".join(f"{r.dataset}@{r.major}: {', '.join(r.columns)}" for r in found.datasets),
        ),
        ("Phân loại / Classification", plan.classification(found).value),
        ("Công bố / Published", "có / yes" if plan.leaves(found) else "không / no"),
    )
    for name, text in rows:
        if text:
            console.print(f"  {name}: {escape(text)}", soft_wrap=True)
    console.print(escape(found.sql.rstrip()), soft_wrap=True)


def _left(console: Console, number: int) -> None:
    if number > 0:
        console.print(f"  … và {number} thay đổi nữa; tất cả bằng --json / and {number} more; all of them with --json")


def _cut(console: Console, total: int) -> None:
    if total > _SHOWN:
        console.print(f"… {_SHOWN}/{total}; tất cả bằng --json / all of them with --json")
    else:
        console.print(f"{total} dòng / rows")
