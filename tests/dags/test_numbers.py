"""Numbers as people write them: read in the one way that is possible, or not at all."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dags.sources.numbers import NumberReader, readings, sign_shown
from dags.sources.shapes import UNCLEAR
from tests.dags.builders import Bench, accepted_of, column, contract, refused_of

NUMBERS = (column("name", "station", required=True), column("value", "measure", required=True))


def values(
    bench: Bench, *texts: str, key: tuple[str, ...] = ("name",), columns: object = NUMBERS, **more: object
) -> list[object]:
    """What a CSV of these texts gives, in order; the row's rules where it is quarantined."""
    rows = "".join(f'r{n},"{text}"\n' for n, text in enumerate(texts))
    declared = contract(columns=columns, key=key, **more)
    result = bench.conform(declared, "name,value\n" + rows)
    assert result.rows_in == len(texts) == result.rows_accepted + result.rows_quarantined
    good, bad = dict(accepted_of(result)), refused_of(result)
    return [good.get(f"r{n}", bad.get(n + 2)) for n in range(len(texts))]


REFUSED = ["value-type"]


def test_what_can_be_read_in_one_way_is_read(bench: Bench) -> None:
    came = [
        "1.234,56",
        "1,015.00",
        "12,5",
        "(1.234,5)",
        "−3,5",
        "1 234 567",
        "1\u00a0234,5",
        "1.234.567",
        "0,123",
        "-0.5",
        "7",
        "1e3",
    ]
    assert values(bench, *came) == [1234.56, 1015, 12.5, -1234.5, -3.5, 1234567, 1234.5, 1234567, 0.123, -0.5, 7, 1000]


def test_what_can_be_read_in_two_ways_is_refused(bench: Bench) -> None:
    assert values(bench, "1.234", "1,234", "-12.345", "(1.234)", "7") == [REFUSED] * 4 + [7]


def test_what_is_no_number_is_refused_and_declared_blanks_are_none(bench: Bench) -> None:
    columns = (NUMBERS[0], column("value", "measure"))
    reading = {"null_values": ["N/A", "-", "…", "#NAME?"]}
    came = ["N/A", "-", "…", "#NAME?", "#REF!", "12.5.7", "1.23,45", "12,5 m²", "1,2,3", "--5", "1.234,"]
    assert values(bench, *came, columns=columns, reading=reading) == [None] * 4 + [REFUSED] * 7


def test_the_rest_of_the_file_settles_what_could_be_read_in_two_ways(bench: Bench) -> None:
    assert values(bench, "1.234", "0.5", "12.345") == [1.234, 0.5, 12.345]
    assert values(bench, "1.234", "0,5", "12.345") == [1234, 0.5, 12345]
    assert values(bench, "1,234", "1.5", "2,5") == [REFUSED, 1.5, 2.5], "the file shows both signs"


@pytest.mark.parametrize(
    ("sign", "expected"), [(",", [1234, 1.234, 1234.5, REFUSED]), (".", [1.234, 1234, REFUSED, 1234.5])]
)
def test_a_declared_sign_settles_everything(bench: Bench, sign: str, expected: list[object]) -> None:
    came = ("1.234", "1,234", "1.234,5", "1,234.5")
    assert values(bench, *came, reading={"decimal": sign}) == expected
    assert values(bench, "1.5", "1,5", ".5", "5", reading={"decimal": sign}) == (
        [REFUSED, 1.5, REFUSED, 5] if sign == "," else [1.5, REFUSED, 0.5, 5]
    )
    other = {",": ".", ".": ","}[sign]
    columns = (NUMBERS[0], column("value", "measure", decimal=sign))
    assert values(bench, *came, columns=columns, reading={"decimal": other}) == expected, "the column's own wins"


def test_the_column_s_bounds_leave_one_reading(bench: Bench) -> None:
    columns = (NUMBERS[0], column("value", "measure", minimum=-90, maximum=90))
    assert values(bench, "21.036", "21,036", "1.234", columns=columns) == [21.036, 21.036, 1.234]
    columns = (NUMBERS[0], column("value", "measure", minimum=1000))
    assert values(bench, "21.036", columns=columns) == [21036]


def test_whole_numbers_are_not_read_as_fractions(bench: Bench) -> None:
    columns = (NUMBERS[0], column("value", "count"))
    assert values(bench, "7.0", "1.000", "1.234", "12,5", columns=columns) == [7, REFUSED, 1234, REFUSED]
    assert values(bench, "1,5e300", "9" * 400 + ",0", "1,0e999999999", columns=columns) == [REFUSED] * 3
    columns = (NUMBERS[0], column("value", "aqi"))  # at most 500
    assert values(bench, "1.000", columns=columns) == [1]


def test_declared_units_stand_behind_a_number(bench: Bench) -> None:
    columns = (NUMBERS[0], column("value", "measure", suffixes=("%", "m²")))
    assert values(bench, "12,5 %", "12.5%", "1.234,5 m²", "5 kg", columns=columns) == [12.5, 12.5, 1234.5, REFUSED]


@settings(max_examples=300, deadline=None)
@given(
    number=st.decimals(-(10**9), 10**9, places=4),
    sign=st.sampled_from(".,"),
    grouped=st.booleans(),
    places=st.integers(0, 4),
)
def test_a_written_number_is_read_back_or_refused(number: Decimal, sign: str, grouped: bool, places: int) -> None:
    group = "," if sign == "." else "."
    number = round(number, places) if places else Decimal(int(number))
    text = f"{number:,.{places}f}" if grouped else f"{number:.{places}f}"
    text = text.replace(",", "\0").replace(".", sign).replace("\0", group)
    assert Decimal(readings(text)[sign]) == number  # type: ignore[index]
    found = NumberReader(whole=False)(text)
    assert found == UNCLEAR or Decimal(found) == number
    assert Decimal(NumberReader(whole=False, sign=sign)(text)) == number  # type: ignore[arg-type]


@settings(max_examples=300, deadline=None)
@given(
    texts=st.lists(st.text("0123456789.,-( )%", max_size=9), min_size=1, max_size=8),
    sign=st.sampled_from([None, ".", ","]),
)
def test_texts_that_are_left_would_stay_the_same(texts: list[str], sign: str | None) -> None:
    texts = [text.strip() for text in texts]
    reader = NumberReader(whole=False, sign=sign)  # type: ignore[arg-type]
    if reader.leaves(pa.array(texts, pa.string())):
        assert [reader(text) for text in texts] == texts


def test_signs_that_a_file_proves() -> None:
    assert sign_shown(pa.array(["1.234", "7", "abc"])) == set()
    assert sign_shown(pa.array(["1.234", "0.5"])) == {"."}
    assert sign_shown(pa.array(["1.234,5", "0.5"])) == {".", ","}
