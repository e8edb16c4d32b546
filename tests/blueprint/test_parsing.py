"""YAML is read as PyYAML's safe loader reads it, but for fields that stand there twice."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import parsing
from blueprint.load import ROOT

PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.dates(),
    st.text(max_size=12),
    st.sampled_from(["yes", "1.0", "~", "0o7", "on"]),
)
CONTENT = st.recursive(
    PLAIN,
    lambda v: st.one_of(st.lists(v, max_size=4), st.dictionaries(st.text(max_size=6), v, max_size=4)),
    max_leaves=12,
)


@pytest.mark.parametrize("path", sorted(ROOT.glob("*/**/*.yaml")), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_file_reads_as_with_the_safe_loader(path):
    assert parsing.load(path).content == yaml.safe_load(path.read_text(encoding="utf-8"))


@settings(deadline=None)
@given(CONTENT, st.sampled_from([True, False, None]))
def test_any_content_reads_as_with_the_safe_loader(content, flow):
    text = yaml.safe_dump(content, allow_unicode=True, default_flow_style=flow)
    assert parsing.parse(text).content == yaml.safe_load(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\ne: {c: 4, <<: *x}",
        "a: &x {b: 1}\ny: &y {b: 2, c: 3}\nd: {<<: [*x, *y], e: 5}",
        "plain: 12\nquoted: '12'\nblock: >-\n  two\n  lines\nday: 2026-11-22\nnone:\nflag: on",
        "[1, [2, {a: b}]]",
        "",
        "a: &x [1, 2]\nb: *x",
    ],
)
def test_merges_aliases_and_scalars(text):
    assert parsing.parse(text).content == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: 2\na: 3", 3),
        ("x: {a: 1, b: 2, a: 3}", 1),
        ("? [a]\n: 1", 1),
        ("a: !python/name:os.system x", 1),
        ("a: {<<: 3}", 1),
        ("a: [", 2),
    ],
)
def test_what_is_not_read_is_told_with_its_line(text, line):
    with pytest.raises(yaml.MarkedYAMLError) as caught:
        parsing.parse(text + "\n")
    assert caught.value.problem_mark.line + 1 == line


def test_a_document_that_is_nested_without_end_is_refused():
    with pytest.raises(yaml.YAMLError, match="nested too deeply"):
        parsing.parse("[" * 5000 + "]" * 5000)


def test_files_are_kept_only_within_the_block(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("a: 1", encoding="utf-8")
    with parsing.keeping():
        first = parsing.load(path)
        path.write_text("a: 2", encoding="utf-8")
        assert parsing.load(path) is first
    assert parsing.load(path).content == {"a": 2}
