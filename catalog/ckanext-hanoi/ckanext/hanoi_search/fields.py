"""What kind of field each name is, after CKAN's Solr schema (`ckan/config/solr/schema.xml`)."""

from __future__ import annotations

# Typed columns of the table, exact text.
COLUMNS = frozenset(
    "index_id id name site_id entity_type dataset_type capacity state organization temporal_from temporal_to".split()
)
DATES = frozenset({"metadata_created", "metadata_modified", "indexed_ts"})
NUMBERS = frozenset({"views_total", "views_recent", "resources_accessed_total", "resources_accessed_recent"})
GRAMS = {"name_ngram": "name", "title_ngram": "title"}
LABELS = "permission_labels"
ALL_TEXT = "text"
# Fields that are searched by word; every other field is compared as a whole.
TEXTS = frozenset(
    "title notes urls author author_email maintainer maintainer_email res_name res_description depends_on "
    "dependency_of derives_from has_derivation links_to linked_from child_of parent_of "
    "hanoi_agency hanoi_topic hanoi_columns".split()
)
TEXT_PREFIXES = ("extras_", "res_extras_")
# The weight of a field in the words of the whole document: title over keywords over description; what is not here but text,
# such as files and columns, is D.
WEIGHTS = {"name": "A", "title": "A", "extras_title_en": "A", "tags": "B", "groups": "B", "organization": "B",
           "hanoi_agency": "B", "hanoi_topic": "B", "notes": "C", "extras_notes_en": "C"}  # fmt: skip
COPIED = ("license", "urls", "res_name", "res_description", "hanoi_columns", "maintainer", "author")
# Whose words are offered as corrections.
SPELLED = ("title", "extras_title_en", "tags", "hanoi_agency", "hanoi_topic", "hanoi_columns", "notes", "extras_notes_en",
           "res_name")  # fmt: skip
URLS = ("url", "ckan_url", "download_url", "res_url")
MULTIVALUED = frozenset({"tags", "groups", "res_name", "res_description", "res_format", "res_url", "res_type",
                         "permission_labels", "text", "urls"})  # fmt: skip
# Values of these are numbered when a document is stored, so that they are quickly found and counted; so can any other field be,
# but more slowly.
FACETS = frozenset("tags groups organization owner_org res_format license_id theme hanoi_simulated".split())
# Kept for answering; the rest can be searched but is not returned, as in Solr.
_STORED = frozenset(
    "index_id id site_id title entity_type dataset_type state name revision_id version url ckan_url download_url notes "
    "author author_email maintainer maintainer_email license license_id tags groups organization capacity res_name "
    "res_description res_format res_url res_type metadata_created metadata_modified indexed_ts data_dict "
    "validated_data_dict".split()
)


def is_text(name: str) -> bool:
    """Say whether the field is searched by word."""
    return name in TEXTS or name.startswith(TEXT_PREFIXES)


def is_date(name: str) -> bool:
    """Say whether the field holds a moment."""
    return name in DATES or name.endswith("_date")


def is_stored(name: str) -> bool:
    """Say whether the field is returned with a found document."""
    return name in _STORED or name.startswith((*TEXT_PREFIXES, "vocab_")) or name.endswith("_date")
