"""What ``hanoi indicator`` shows, in Vietnamese and English."""

from rich.markup import escape

from lake.indicators import Figures
from ops.terminal import listing, terminal

_SHOWN = 40
_HEADS = {
    "period": "Từ ngày / From",
    "until": "Đến hết / Until",
    "numerator": "Tử số / Numerator",
    "denominator": "Mẫu số / Denominator",
    "value": "Giá trị / Value",
}


def show_figures(found: Figures) -> None:
    """The figures, newest period first, and what they were computed from; a long table is cut, which is said."""
    console = terminal()
    title, unit = found.indicator.title, found.value.unit or found.value.title.en
    console.print(f"[bold]{found.indicator.ref}[/bold] · {escape(unit)} · {found.classification}", soft_wrap=True)
    console.print(escape(f"{title.vi}\n{title.en}"), soft_wrap=True)
    table = listing(*(_HEADS.get(name, name) for name in found.table.column_names))
    rows = sorted(found.table.to_pylist(), key=lambda row: row["period"], reverse=True)
    for row in rows[:_SHOWN]:
        table.add_row(*(_shown(value) for value in row.values()))
    console.print(table)
    if len(rows) > _SHOWN:
        console.print(f"… {_SHOWN}/{len(rows)}; tất cả bằng --json / all of them with --json")
    for version in found.versions:
        made_up = " · dữ liệu mô phỏng / simulated" if version.simulated else ""
        console.print(
            f"Tính từ / computed from: {version.dataset} {version.id} ({version.contract}){made_up}", soft_wrap=True
        )


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else escape(str(value))
