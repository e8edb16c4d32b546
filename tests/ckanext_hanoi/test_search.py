"""The search of a running catalogue, as its visitors meet it."""

import pytest

from .conftest import PRIVATE

pytestmark = pytest.mark.platform


def found(catalogue, **params) -> list[str]:
    """Return the names that a search finds."""
    answer = catalogue.action("package_search", **params)
    assert answer["success"], answer
    return [package["name"] for package in answer["result"]["results"]]


@pytest.mark.parametrize(
    "query",
    ["khong khi", "không khí", "KHÔNG KHÍ", "Khí không", "air quality", "hourly", "fine dust", "nong do bui min",
     "title:khong", 'title:"chat luong khong khi"', "name:air-quality-hourly", "khong*", "+khong -buyt", "tags:air",
     "res_format:Parquet AND theme:*ENVI", "text:(khong AND khi) OR tags:zebra"],
)  # fmt: skip
def test_words_in_either_language_and_without_accents_find_the_dataset(catalogue, query):
    assert found(catalogue, q=query) == ["air-quality-hourly"]


@pytest.mark.parametrize("query", ["buýt máy bay", "title:buyt khong", "1-571ebdd6 passed", "tags:Air", "name:air*z"])
def test_other_words_find_nothing(catalogue, query):
    assert found(catalogue, q=query) == []


def test_orders_pages_and_dates(catalogue):
    assert found(catalogue, sort="title_string asc") == ["air-quality-hourly", "bus-stops"]
    assert found(catalogue, sort="title_string desc", rows=1) == ["bus-stops"]
    assert found(catalogue, sort="name asc", start=1) == ["bus-stops"]
    assert len(found(catalogue, fq="metadata_modified:[NOW-1DAY TO NOW]")) == 2
    assert found(catalogue, fq="metadata_modified:[* TO NOW-1DAY]") == []
    assert found(catalogue, fq="temporal_from:[2025-01-01 TO 2025-12-31]", rows=0) == []
    assert len(found(catalogue, fq="temporal_from:[2025-01-01 TO 2025-12-31]")) == 2


def test_facets_count_what_is_found(catalogue):
    fields = ["tags", "organization", "theme", "hanoi_simulated", "res_format", "permission_labels"]
    facets = catalogue.action("package_search", **{"facet.field": fields, "rows": 0})["result"]["facets"]
    assert facets["res_format"] == {"CSV": 2, "JSON": 2, "Parquet": 2}
    assert facets["hanoi_simulated"] == {"true": 1, "false": 1}
    assert facets["organization"] == {"so-nn-mt": 1, "so-xay-dung": 1}
    assert facets["permission_labels"] == {}


PROBES = [
    {"q": "zebra"}, {"q": f"name:{PRIVATE}"}, {"q": "title_ngram:bí"}, {"q": "ngựa vằn"}, {"q": "capacity:private"},
    {"q": "*:*", "fq": "capacity:private"}, {"fq": "tags:zebra OR capacity:public"}, {"fq": "(state:active OR tags:zebra)"},
    {"q": "secr*"}, {"q": "state:[a TO z] AND zebra"}, {"q": "-tags:air -tags:bus"}, {"fq": "+permission_labels:[a TO z]"},
    {"q": "permission_labels:*", "fq": "tags:zebra"}, {"fq_list": ["tags:zebra"]}, {"q": "zebra", "defType": "edismax"},
]  # fmt: skip


@pytest.mark.parametrize("probe", PROBES, ids=str)
def test_a_private_dataset_is_never_counted_listed_or_faceted_for_others(catalogue, probe):
    asked = {
        **probe,
        "include_private": True,
        "include_drafts": True,
        "facet.field": ["tags", "name"],
        "facet.mincount": 0,
    }
    answer = catalogue.action("package_search", **asked)
    if not answer["success"]:
        assert "zebra" not in str(answer["error"])
        return
    result = answer["result"]
    public = {"air-quality-hourly", "bus-stops"}
    assert {package["name"] for package in result["results"]} <= public
    assert result["count"] == len(result["results"])
    assert not {"zebra", PRIVATE} & (set(result["facets"].get("tags", {})) | set(result["facets"].get("name", {})))


def test_its_owner_finds_a_private_dataset(catalogue):
    answer = catalogue.action("package_search", signed_in=True, q="zebra", include_private=True)
    assert [package["name"] for package in answer["result"]["results"]] == [PRIVATE]


def test_completion_shows_public_datasets_only(catalogue):
    def completed(text: str) -> list[str]:
        return [item["name"] for item in catalogue.action("package_autocomplete", q=text)["result"]]

    assert completed("khong") == completed("Chất l") == completed("quality") == ["air-quality-hourly"]
    assert completed("zebra") == completed("bí mật") == completed("secret") == []


@pytest.mark.parametrize("query", ["(", '"', "title:", "a AND", "[a TO", "x" * 5000, "\\", "a:b)c"])
def test_an_error_names_the_fault_and_nothing_else(catalogue, query):
    answer = catalogue.action("package_search", q=f"{query}:" if query == "\\" else query)
    if answer["success"]:
        assert query in ('"', "(", "[a TO", "\\", "a AND"), "only what holds no field is read as plain words"
        return
    text = str(answer["error"])
    assert "permission_labels" not in text
    assert "site_id" not in text
    assert "public" not in text
    assert len(text) < 300


def test_an_update_is_found_at_once_and_a_deleted_dataset_no_more(catalogue):
    created = catalogue.action(
        "package_create", signed_in=True, name="short-lived", title="Chớp mắt", owner_org="so-xay-dung", private=False
    )
    assert created["success"], created
    assert found(catalogue, q="chop mat") == ["short-lived"]
    catalogue.action("package_patch", signed_in=True, id="short-lived", title="Lâu dài")
    assert found(catalogue, q="chop mat") == []
    assert found(catalogue, q="lau dai") == ["short-lived"]
    catalogue.action("dataset_purge", signed_in=True, id="short-lived")
    assert found(catalogue, q="lau dai") == []


def test_syllables_that_stand_together_come_before_scattered_ones(catalogue):
    scattered = {"title": "Khi nào không thu phí", "notes": "Không thu phí khi trời mưa, không thu khi có lễ."}
    package = {"name": "scattered", "owner_org": "so-xay-dung", "private": False, **scattered}
    assert catalogue.action("package_create", signed_in=True, **package)["success"]
    try:
        assert found(catalogue, q="khong khi") == ["air-quality-hourly", "scattered"]
        assert found(catalogue, q='"khong khi"') == ["air-quality-hourly"]
    finally:
        catalogue.action("dataset_purge", signed_in=True, id="scattered")
