"""``hanoi units`` as people run it: what it prints, what it refuses, and the page that teaches it."""

import csv
import json
import re
import shlex
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook

from ops.units_commands import units

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs/guides/translate-units.md"
DAYS = ["--from", "2025-06-30", "--to", "2025-07-01"]
PEOPLE = "ma_xa,ten,dan_so,ty_le\n00001,Phúc Xá,21500,1.2\n00004,Trúc Bạch,7600,0.4\n00007,Cống Vị,15301,0.5\n"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(units, [str(a) for a in arguments])


def process(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.path.insert(0, {str(REPOSITORY)!r}); from ops.units_commands import units; units(prog_name='hanoi units')"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "dân số.csv"
    path.write_text(PEOPLE, encoding="utf-8")
    return path


def test_a_table_is_moved_and_the_report_gives_the_totals(people: Path, tmp_path: Path):
    out = tmp_path / "mới.csv"
    done = process("translate", people, "--column", "ma_xa", *DAYS, "--measure", "dan_so", "--out", out, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Tổng dan_so: trước 44401, sau 44401." in done.stdout
    assert "3 rows in, 4 rows out; 2 units whole, 1 divided; 2 rows are estimates." in done.stdout
    assert "Numeric columns copied, not shared out: ty_le." in done.stdout
    rows = rows_of(out)
    assert list(rows[0]) == ["ma_xa", "ten", "dan_so", "ty_le", "ma_xa_former", "share", "estimated"]
    assert [(r["ma_xa"], r["ma_xa_former"], r["estimated"]) for r in rows] == [
        ("00097", "00001", "false"),
        ("00004", "00004", "false"),
        ("00008", "00007", "true"),
        ("00025", "00007", "true"),
    ]
    assert sum(int(r["dan_so"]) for r in rows) == 44401
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([people.name, out.name])


def test_a_refusal_names_codes_rows_and_eras_and_writes_nothing(tmp_path: Path):
    source = tmp_path / "a.csv"
    source.write_text("ma,n\n00001,5\n00097,6\n12345,7\n", encoding="utf-8")
    out = tmp_path / "b.csv"
    after = ["--from", "2025-07-01", "--to", "2025-06-30"]
    done = process("translate", source, "--column", "ma", *after, "--measure", "n", "--out", out, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "dòng 1: 00001 không có hiệu lực ngày 2025-07-01; mã này là Phường Phúc Xá" in done.stderr
    assert "row 1: 00001 does not hold on 2025-07-01; it is Phuc Xa Ward from 2013-12-27 to 2025-06-30." in done.stderr
    assert "row 3: '12345' is a code of the list ha-noi-wards in no era." in done.stderr
    assert "--keep-unknown" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()
    told = run("translate", source, "--column", "ma", *after, "--measure", "n", "--out", out, "--json")
    assert told.exit_code == 1
    found = json.loads(told.stdout)
    assert [(p["code"], p["kind"], p["rows"]) for p in found["problems"]] == [
        ("00001", "wrong-era", [1]),
        ("12345", "unknown", [3]),
    ]


def test_kept_rows_are_counted_and_flagged(tmp_path: Path):
    source, out = tmp_path / "a.csv", tmp_path / "b.csv"
    source.write_text("ma,n\n00001,5\n99999,\n,7\n", encoding="utf-8")
    done = run("translate", source, "--column", "ma", *DAYS, "--measure", "n", "--keep-unknown", "--json", "--out", out)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["rows_kept"], report["totals"]) == (2, [{"measure": "n", "before": 12, "after": 12}])
    assert [(r["ma"], r["n"], r["problem"]) for r in rows_of(out)] == [
        ("00097", "5", ""),
        ("99999", "", "unknown"),
        ("", "7", "empty"),
    ]


def test_an_existing_file_is_kept_without_force(people: Path, tmp_path: Path):
    out = tmp_path / "out.csv"
    out.write_text("of someone else", encoding="utf-8")
    arguments = ["translate", people, "--column", "ma_xa", *DAYS, "--measure", "dan_so", "--out", out]
    refused = run(*arguments)
    assert refused.exit_code == 1
    assert "--force" in refused.stderr
    assert out.read_text(encoding="utf-8") == "of someone else"
    assert run(*arguments, "--force").exit_code == 0
    assert len(rows_of(out)) == 4


def test_text_cells_of_a_csv_file_stay_as_they_were(tmp_path: Path):
    """Phone numbers, decimals of uneven length, quotes, line breaks and the mark of UTF-8 come through."""
    source, out = tmp_path / "a.csv", tmp_path / "b.csv"
    source.write_text(
        '\ufeffma;so;phone;ghi chú\n00007;10.50;0243;"a;b\nc ""d"""\n00001;3.125;007;\n', encoding="utf-8", newline=""
    )
    done = run("translate", source, "--column", "ma", *DAYS, "--measure", "so", "--out", out)
    assert done.exit_code == 0, done.output
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = rows_of(out)
    assert [(r["phone"], r["ghi chú"]) for r in rows] == [("0243", 'a;b\nc "d"')] * 2 + [("007", "")]
    assert sum(Decimal(r["so"]) for r in rows) == Decimal("13.625")


def test_parquet_keeps_its_types(tmp_path: Path):
    source, out = tmp_path / "a.parquet", tmp_path / "b.parquet"
    table = pa.table(
        {
            "ma": pa.array(["00007", "00001"]).dictionary_encode(),
            "n": pa.array([11, None], pa.int16()),
            "day": [date(2025, 1, 1), date(2026, 1, 1)],
            "tags": [["a"], []],
        }
    )
    pq.write_table(table, source)
    done = run("translate", source, "--column", "ma", *DAYS, "--measure", "n", "--out", out)
    assert done.exit_code == 0, done.output
    found = pq.read_table(out)
    assert found.schema.field("n").type == pa.int16()
    assert found.schema.field("day").type == pa.date32()
    assert found["tags"].to_pylist() == [["a"], ["a"], []]
    assert sum(v for v in found["n"].to_pylist() if v is not None) == 11


def test_a_workbook_that_lost_its_zeros_is_told_of_pad(tmp_path: Path):
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Dân số"
    for row in (["Mã", "Tên", "Dân số"], [1, "Phúc Xá", 21500], [7, "Cống Vị", 15301]):
        sheet.append(row)
    source, out = tmp_path / "a.xlsx", tmp_path / "b.csv"
    book.save(source)
    arguments = ["translate", source, "--column", "Mã", *DAYS, "--out", out]
    refused = run(*arguments)
    assert refused.exit_code == 1
    assert "--pad 5" in refused.stderr
    done = run(*arguments, "--pad", "5", "--sheet", "Dân số")
    assert done.exit_code == 0, done.output
    assert "2 codes got zeros in front again" in done.stdout
    assert [r["Mã_former"] for r in rows_of(out)] == ["00001", "00007", "00007"]
    assert sum(int(r["Dân số"]) for r in rows_of(out)) == 36801


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b"ma,n\n00001,\xe9\n", "not UTF-8"),
        ("a.csv", "ma,n\n00001,1\n".encode("utf-16"), "UTF-16"),
        ("a.csv", b"ma,n\n00001,1,2\n", "broken"),
        ("a.csv", b"ma,ma\n00001,1\n", "same name"),
        ("a.csv", b"", "must name every column"),
        ("a.csv", b"ma,\n00001,1\n", "must name every column"),
        ("a.parquet", b"PAR1", "no Parquet"),
        ("a.xlsx", b"PK", "no Excel file"),
        ("a.ods", b"", "these can: .csv, .parquet, .xlsx"),
    ],
)
def test_files_that_cannot_be_read_say_why(tmp_path: Path, name: str, content: bytes, told: str):
    (tmp_path / name).write_bytes(content)
    done = run("translate", tmp_path / name, "--column", "ma", *DAYS, "--no-measure", "--out", tmp_path / "b.csv")
    assert done.exit_code == 1, done.output
    assert told in done.stderr
    assert not (tmp_path / "b.csv").exists()


def test_wrong_places_to_write_are_refused_before_anything_is_read(people: Path, tmp_path: Path):
    for out, told in ((tmp_path / "x" / "b.csv", "no folder"), (tmp_path / "b.txt", "these can: .csv, .parquet")):
        done = run("translate", people, "--column", "ma_xa", *DAYS, "--no-measure", "--out", out)
        assert done.exit_code == 1
        assert told in done.stderr
    missing = run("translate", tmp_path / "no.csv", "--column", "ma", *DAYS, "--out", tmp_path / "b.csv")
    assert missing.exit_code == 1
    assert "There is no file" in missing.stderr


def test_a_rate_is_not_shared_out_unasked(people: Path, tmp_path: Path):
    done = run("translate", people, "--column", "ma_xa", *DAYS, "--out", tmp_path / "b.csv")
    assert done.exit_code == 1
    assert "ty_le (its name is that of a rate" in done.stderr
    assert "--measure dan_so" in done.stderr


def test_dots_that_may_separate_thousands_are_asked_about(tmp_path: Path):
    source, out = tmp_path / "a.csv", tmp_path / "b.csv"
    source.write_text("ma,dan_so\n00001,21.500\n00007,950\n", encoding="utf-8")
    done = run("translate", source, "--column", "ma", *DAYS, "--out", out)
    assert done.exit_code == 1
    assert "write 21500, not 21.500" in done.stderr
    source.write_text("ma,dien_tich\r\n00001,21.5\r\n00007,9.125\r\n", encoding="utf-8", newline="")
    assert run("translate", source, "--column", "ma", *DAYS, "--out", out).exit_code == 0
    assert sum(Decimal(r["dien_tich"]) for r in rows_of(out)) == Decimal("30.625")


def test_a_code_without_a_date_is_refused_with_what_it_was_in_each_era():
    done = run("show", "00004")
    assert done.exit_code == 1
    assert "Truc Bach Ward from 2013-12-27 to 2025-06-30; Ba Dinh Ward since 2025-07-01" in done.stderr
    assert "--on 2025-07-01" in done.stderr
    assert run("list").exit_code == 1
    wrong = run("show", "00004", "--on", "1/7/2025")
    assert wrong.exit_code == 2
    assert "2025-06-30" in wrong.stderr


def test_show_and_list_read_codes_as_of_a_day():
    shown = run("show", "00004", "--on", "2025-06-30")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("00004  Phường Trúc Bạch / Truc Bach Ward  2013-12-27 – 2025-06-30")
    assert "Trở thành / Became: 00004 Phường Ba Đình (toàn bộ / whole)" in shown.stdout
    told = json.loads(run("show", "00007", "--on", "2025-06-30", "--json").stdout)
    assert {u["code"]: u["relation"] for u in told["became"]} == {"00008": "partial", "00025": "partial"}
    assert sum(Decimal(u["population_weight"]) for u in told["became"]) == 1
    listed = json.loads(run("list", "--on", "2025-07-01", "--json").stdout)
    assert len(listed["units"]) == 126
    gone = run("show", "00001", "--on", "2025-07-01")
    assert gone.exit_code == 1
    assert "does not hold on 2025-07-01" in gone.stderr
    nowhere = run("list", "--on", "2025-07-01", "--list", "ha-noi-ward")
    assert nowhere.exit_code == 1
    assert "ha-noi-wards" in nowhere.stderr


def test_the_page_on_translation_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    text = PAGE.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (table,) = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    Path("dan-so.csv").write_text(table, encoding="utf-8")
    commands = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    assert len(commands) == 7
    for line in commands:
        words = shlex.split(line)
        assert words[:2] == ["hanoi", "units"]
        done = run(*words[2:])
        assert done.exit_code == 0, f"{line}\n{done.output}"
    assert sum(int(r["dan_so"]) for r in rows_of(Path("moi.csv"))) == 44401
    with duckdb.connect() as db:
        assert db.execute("SELECT sum(dan_so) FROM read_parquet('tong.parquet')").fetchone() == (44401,)
        assert db.execute("SELECT count(*) FROM read_parquet('units/hanoi_crosswalk.parquet')").fetchone() != (0,)
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(compile(example, str(PAGE), "exec"), {})  # noqa: S102 - the page's own example
    told = capsys.readouterr().out
    assert "before=36801, after=36801" in told
    assert "Phường Ba Đình" in told


def test_every_option_is_on_the_page_or_in_the_help():
    text = PAGE.read_text(encoding="utf-8")
    for command in units.commands:
        assert f"hanoi units {command}" in text
        shown = run(command, "--help")
        assert shown.exit_code == 0
        assert " / " in shown.stdout  # in both languages
