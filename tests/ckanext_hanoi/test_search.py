"""The search of a running catalogue, as its visitors meet it."""

import re
import sys
import unicodedata
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "catalog/ckanext-hanoi"))

from ckanext.hanoi_search.text import words

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


@pytest.mark.parametrize(
    ("query", "suggestion"),
    [("khog khi", "không khí"), ("chat lượng khôgn khí", "chất lượng không khí"), ("khoong khis", "không khí"),
     ("xe buty", "xe buýt"), ("xebuyt", "xe buýt")],
)  # fmt: skip
def test_mistyped_words_find_what_they_were_meant_for_and_say_so(catalogue, query, suggestion):
    result = catalogue.action("package_search", q=query)["result"]
    wanted = "bus-stops" if "buýt" in suggestion else "air-quality-hourly"
    assert [package["name"] for package in result["results"]][:1] == [wanted]
    said = result["hanoi_spellcheck"]
    assert (said["asked"], said["applied"]) == (query, True)
    assert words(said["suggestion"]) == words(suggestion)
    assert said["suggestion"].split()[-1] == suggestion.split()[-1], "it is written with its accents"


def test_the_page_shows_what_it_searched_for_and_links_to_it(catalogue):
    page = catalogue.page("/dataset/?q=khog+khi&res_format=CSV").text
    assert "Không tìm thấy gì với “khog khi”" in page
    assert "Nothing was found for “khog khi”" in catalogue.page("/en/dataset/?q=khog+khi").text
    link = re.search(r'hn-spelling.*?href="([^"]+)"', page, re.DOTALL)[1].replace("&amp;", "&")
    again = catalogue.page(link).text
    assert "Chất lượng không khí theo giờ" in again
    assert "res_format=CSV" in link, "the filters stay"
    assert "hn-spelling" not in again


@pytest.mark.parametrize("query", ["zebrra", "zebar", "ngưạ vằn", "bi mậtt", "secrt zebra"])
def test_words_of_private_datasets_correct_nothing(catalogue, query):
    for signed_in in (False, True):
        answer = catalogue.action("package_search", signed_in=signed_in, q=query, include_private=True)["result"]
        said = str(answer.get("hanoi_spellcheck", {}).get("suggestion", ""))
        assert not {"zebra", "ngua", "van", "bi", "mat", "secret"} & set(words(said))
        assert PRIVATE not in [package["name"] for package in answer["results"]] or signed_in


def test_the_beginning_of_a_last_word_is_enough(catalogue):
    assert found(catalogue, q="chất lượng kho") == ["air-quality-hourly"]
    assert found(catalogue, q="khon") == ["air-quality-hourly"]
    assert found(catalogue, q="xe buy") == ["bus-stops"]


def test_agencies_topics_and_columns_lead_to_a_dataset(catalogue):
    assert found(catalogue, q="sở xây dựng") == ["bus-stops"]
    assert found(catalogue, q="department of construction")[0] == "bus-stops"
    assert found(catalogue, q="giao thông vận tải") == ["bus-stops"]
    assert found(catalogue, q="cảm biến") == found(catalogue, q="sensor") == ["air-quality-hourly"]


RANKED = {
    "rank-title": {"title": "Gấu trúc ở vườn thú"},
    "rank-tags": {"title": "Thú quý", "tags": [{"name": "gấu trúc"}]},
    "rank-notes": {"title": "Ăn lá", "notes": "Nơi nuôi gấu trúc."},
    "rank-file": {
        "title": "Ấm áp",
        "resources": [{"name": "Gấu trúc", "url": "https://example.org/a.csv", "format": "CSV"}],
    },
    "rank-scattered": {"title": "Gấu nâu dưới bụi trúc"},
    "rank-accents": {"title": "Gầu trực"},
}


@pytest.fixture(scope="module")
def ranked(catalogue):
    """Datasets with the same words in other places, while this module's tests run."""
    # The order of writing is not the order that is expected.
    for name, fields in sorted(RANKED.items()):
        made = catalogue.action(
            "package_create", signed_in=True, name=name, owner_org="so-xay-dung", private=False, **fields
        )
        assert made["success"], made
    yield
    for name in RANKED:
        catalogue.action("dataset_purge", signed_in=True, id=name)


def test_titles_come_before_keywords_descriptions_and_files_and_accents_before_all(catalogue, ranked):
    assert found(catalogue, q="gấu trúc") == list(RANKED)
    assert found(catalogue, q=unicodedata.normalize("NFD", "GẤU TRÚC")) == list(RANKED)
    assert found(catalogue, q="gau truc")[-1] == "rank-scattered", "words that stand together come first"
    assert set(found(catalogue, q="gau truc")) == set(RANKED)
    assert found(catalogue, q="gầu trực")[0] == "rank-accents"


def test_titles_are_sorted_by_the_vietnamese_alphabet(catalogue, ranked):
    order = found(catalogue, q="gau truc", sort="title_string asc")
    assert [RANKED[name]["title"] for name in order] == [
        "Ăn lá", "Ấm áp", "Gấu nâu dưới bụi trúc", "Gấu trúc ở vườn thú", "Gầu trực", "Thú quý",
    ]  # fmt: skip


def suggested(catalogue, text: str, lang: str = "vi", signed_in: bool = False) -> dict[str, list[str]]:
    """Return the titles that complete a text, by kind."""
    answer = catalogue.action("hanoi_suggest", signed_in=signed_in, q=text, lang=lang)
    assert answer["success"], answer
    return {kind: [one["title"] for one in found] for kind, found in answer["result"].items()}


def test_completion_names_datasets_agencies_and_topics_in_the_language_of_the_page(catalogue):
    nothing = {"datasets": [], "organizations": [], "topics": []}
    assert suggested(catalogue, "khong kh") == {**nothing, "datasets": ["Chất lượng không khí theo giờ"]}
    assert suggested(catalogue, "khog khi")["datasets"] == ["Chất lượng không khí theo giờ"]
    assert suggested(catalogue, "bus st", "en") == {**nothing, "datasets": ["Bus stops"]}
    assert suggested(catalogue, "xây d")["organizations"] == ["Sở Xây dựng"]
    assert suggested(catalogue, "environ", "en")["topics"] == ["Environment"]
    assert suggested(catalogue, "giáo dục") == nothing, "a topic without a dataset leads nowhere"
    assert suggested(catalogue, "k") == suggested(catalogue, "") == suggested(catalogue, "!?") == nothing
    for text in ("zebr", "bi mat", "secret"):
        assert suggested(catalogue, text) == suggested(catalogue, text, signed_in=True) == nothing
    urls = [one["url"] for one in catalogue.action("hanoi_suggest", q="bus st", lang="en")["result"]["datasets"]]
    assert [catalogue.page(url).status_code for url in urls] == [200]


def test_keywords_and_formats_complete_without_accents_and_only_from_what_may_be_seen(catalogue):
    def tags(text: str, signed_in: bool = False) -> list[str]:
        return catalogue.action("tag_autocomplete", signed_in=signed_in, query=text)["result"]

    assert tags("khong") == tags("hông k") == ["không khí"]
    assert tags("zeb") == []
    assert tags("zeb", signed_in=True) == ["zebra"]
    assert catalogue.action("format_autocomplete", q="parq")["result"] == ["parquet"]
    assert not catalogue.action("format_autocomplete")["success"]


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
