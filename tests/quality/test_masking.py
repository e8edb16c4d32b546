"""Personal values leave by no way: not in a cell, not in a shifted row, not inside a remark."""

import json
import string

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from blueprint import Contract, Rule
from blueprint.identifiers import identify
from blueprint.identifiers.people import PROVINCES
from quality.masking import MASK, RowMask, mask, masked, scrubbed
from tests.quality.builders import blueprint, column, concept, contract, text

PLAN = blueprint(
    concept("person", "string", classification="personal", identifier="personal-id", validation="shape"),
    concept("name", "string", classification="personal"),
    concept("income", "integer", classification="restricted"),
    concept("aqi", "integer", minimum=0, maximum=500),
    concept("day", "date"),
    concept("place", "double", minimum=-180, maximum=180),
    concept("tax", "string", identifier="tax-code", validation="checksum"),
    concept("note", "string"),
    concept("shared", "string", classification="shared"),
)
OPEN = contract(
    column("aqi", "aqi"),
    column("day", "day"),
    column("place", "place"),
    column("tax", "tax"),
    column("note", "note"),
)
PRIVATE = contract(
    column("person", "person", required=True, header="Số định danh", synonyms=("CCCD",), aliases=("citizen",)),
    column("name", "name"),
    column("income", "income"),
    column("aqi", "aqi"),
    column("note", "note"),
    rules=(Rule(id="one-of", sql="name <> note", columns=("name", "note"), message=text("rule")),),
)
GOOD = ["001299012345", "Nguyễn Thị Bí Mật", "8000000", "90", "ghi chú"]


def at(of: Contract) -> dict[str, int]:
    return {c.name: n for n, c in enumerate(of.columns, start=1)}


def shown(of: Contract, cells: list[str], *rules: str) -> list[str]:
    return RowMask(of, PLAN).row(cells, at(of), rules)


def test_columns_are_known_by_their_names_and_headers() -> None:
    assert masked(PRIVATE, PLAN) == {"person", "citizen", "Số định danh", "CCCD", "name", "income"}
    assert masked(OPEN, PLAN) == frozenset()
    assert masked(contract(column("s", "shared")), PLAN) == frozenset()


def test_a_mask_says_nothing_of_the_value() -> None:
    assert mask("1") == mask("một câu rất dài " * 99) == MASK
    assert (mask(""), mask(None), mask(0)) == ("", "", MASK)


def test_personal_and_restricted_cells_are_masked_in_a_right_row() -> None:
    assert shown(PRIVATE, GOOD, "key-conflict") == [MASK, MASK, MASK, "90", "ghi chú"]
    assert shown(PRIVATE, ["", *GOOD[1:]], "key-conflict")[0] == ""


@pytest.mark.parametrize("rule", ["row-width", "person-required", "person-identifier", "income-type", "one-of"])
def test_a_row_whose_cells_may_have_moved_shows_nothing(rule: str) -> None:
    assert shown(PRIVATE, GOOD, rule) == [MASK] * 5


def test_a_wrong_cell_beside_personal_ones_shows_nothing() -> None:
    assert shown(PRIVATE, [*GOOD[:3], "Trần Văn Kín", "ghi chú"], "aqi-type") == [MASK, MASK, MASK, MASK, "ghi chú"]


def test_a_shifted_row_of_open_columns_is_shown_but_for_numbers_of_people() -> None:
    cells = ["90", "2025-01-01", "gọi 0912 345 678"]
    assert shown(OPEN, cells, "row-width") == ["90", "2025-01-01", "gọi ***"]


def test_cells_that_the_contract_does_not_know_are_masked() -> None:
    assert RowMask(OPEN, PLAN).row(["90", "Nguyễn Thị Bí Mật"], {"aqi": 1}, ["aqi-range"]) == ["90", MASK]
    assert RowMask(OPEN, PLAN).received('["90", ""]', {}, ["aqi-range"]) == [MASK, ""]


def test_what_an_open_column_asks_for_is_shown() -> None:
    cells = ["900", "2025-01-01", "105.8048170", "0100109106", "ghi chú"]
    assert shown(OPEN, cells, "aqi-range") == cells
    assert shown(OPEN, ["0912345678", *cells[1:]], "aqi-range")[0] == MASK
    assert shown(OPEN, [*cells[:3], "001299012345", "ghi chú"], "aqi-range")[3] == MASK


def test_the_texts_of_a_quarantine_file_are_read() -> None:
    assert RowMask(PRIVATE, PLAN).received(json.dumps(GOOD), at(PRIVATE), ["key-duplicate"])[3:] == ["90", "ghi chú"]


_MARKS = st.sampled_from(["", " ", ".", "-", " - ", "\u00a0", "/", "_", ". "])
_LETTERS = st.text(alphabet=string.ascii_letters + "ăâđêôơư ,;:!?\n", max_size=20)
_PERSONAL = st.builds(
    lambda province, century, rest: f"{province}{century}{rest:08d}",
    st.sampled_from(PROVINCES),
    st.sampled_from("0123"),
    st.integers(0, 99_999_999),
)
_PHONE = st.builds(
    lambda prefix, first, rest: f"{prefix}{first}{rest:08d}",
    st.sampled_from(["0", "+84", "84", "0084"]),
    st.sampled_from("35789"),
    st.integers(0, 99_999_999),
)
_FORMER = st.integers(100_000_000, 999_999_999).map(str)
_CARD = st.builds(
    lambda group, rest: f"{group}4{rest:012d}", st.sampled_from(["DN", "HS"]), st.integers(10**10, 10**12 - 1)
)
_NUMBER = st.one_of(_PERSONAL, _PHONE, _FORMER, _CARD)


def grouped(number: str, mark: str, cuts: tuple[int, int]) -> str:
    """``number`` in up to three groups with ``mark`` between them, as people write it."""
    head = 3 if number.startswith("+") else 2 if number[0].isalpha() else 1
    first, second = sorted(max(head, cut % len(number)) for cut in cuts)
    return mark.join(filter(None, (number[:first], number[first:second], number[second:])))


@settings(max_examples=300)
@given(
    number=_NUMBER, mark=_MARKS, cuts=st.tuples(st.integers(0, 20), st.integers(0, 20)), before=_LETTERS, after=_LETTERS
)
@example(number="+84912345678", mark=".", cuts=(3, 3), before="", after="")
@example(number="0912345678", mark="-", cuts=(4, 6), before="", after="")
def test_a_number_of_a_person_shows_in_no_text(
    number: str, mark: str, cuts: tuple[int, int], before: str, after: str
) -> None:
    written = grouped(number, mark, cuts)
    assume(
        not (mark == "." and written.count(".") == 1 and not before.strip() and not after.strip() and len(number) == 9)
    )
    found = scrubbed(f"{before}{written}{after}")
    digits = "".join(c for c in found if c.isdigit())
    assert len(digits) < 5, found
    assert MASK in found


@settings(max_examples=150)
@given(
    number=_NUMBER,
    name=st.text(alphabet="ABCĐEGHabcdêôơ ", min_size=12, max_size=20),
    income=st.integers(10**6, 10**8).map(str),
    how=st.sampled_from(["left", "right", "swap", "twice", "remark"]),
)
def test_personal_values_in_wrong_cells_show_in_no_row(number: str, name: str, income: str, how: str) -> None:
    """Values are shifted, swapped or written twice; the rules that break are those that conform would find."""
    person = f"Nguyễn {name.strip()} Kín"
    moved, broken = {
        "left": ([person, income, "90", "ghi chú"], ["row-width"]),
        "right": (["", number, person, income, "90", "ghi chú"], ["row-width"]),
        "swap": (["90", person, income, number, "ghi chú"], ["person-identifier", "aqi-range"]),
        "twice": ([number, person, income, person, "ghi chú"], ["aqi-type"]),
        "remark": ([number, person, income, "90", f"gọi {number}"], ["key-conflict"]),
    }[how]
    told = json.dumps(shown(PRIVATE, moved, *broken), ensure_ascii=False)
    for secret in (number, person, income):
        assert secret not in told


@given(st.text(max_size=60))
def test_short_numbers_and_words_stay_as_they_are(said: str) -> None:
    assume(sum(c.isdigit() for c in said) < 9)
    assert scrubbed(said) == said


@pytest.mark.parametrize(
    "said",
    [
        "2025-01-31 08:00:00",
        "từ 31/01/2025 đến 2025-02-28T00:00:00",
        "21.028511",
        "-105.8048170",
        "1e-5",
        "12345678",
        "H26.1.2",
    ],
)
def test_moments_and_measures_stay_as_they_are(said: str) -> None:
    assert scrubbed(said) == said
    assert not identify("phone", said).ok


@pytest.mark.parametrize("said", ["0" + " " * 400_000, "0.-" * 200_000, "9" * 400_000, "0," * 100_000, "ab" * 200_000])
def test_a_huge_cell_is_read_in_one_go(said: str) -> None:
    assert len(scrubbed(said)) <= len(said) + len(MASK)
