"""Joining by keyed tokens: the same number agrees, another key does not, and neither key nor number is ever shown."""

import copy
import hashlib
import hmac
import logging
import pickle
import stat

import duckdb
import pyarrow as pa
import pytest

from blueprint.identifiers import JoinKey, JoinKeyError, NotJoinable, columns, join_token
from blueprint.identifiers.columns import ColumnError, join_tokens, with_join_tokens
from blueprint.identifiers.joining import subject

SECRET = bytes(range(7, 39))
KEY = JoinKey(SECRET, "grant/2026-014")
PERSON = "001299000000"


def by_hand(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256 as RFC 2104 defines it, from SHA-256 alone."""
    key = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in key) + message).digest()
    return hashlib.sha256(bytes(b ^ 0x5C for b in key) + inner).digest()


@pytest.mark.parametrize(
    ("key", "message", "expected"),
    [  # RFC 4231, test cases 1, 2, 3 and 6
        (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (
            b"\xaa" * 131,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ],
)
def test_the_hand_made_hmac_is_that_of_rfc_4231(key, message, expected):
    assert by_hand(key, message).hex() == expected


def test_a_token_can_be_made_again_in_any_language():
    key = by_hand(SECRET, b"hanoi-cloud join key v1\0grant/2026-014")
    expected = by_hand(key, b"hanoi-cloud join token v1\0personal-id:001299000000").hex()
    assert join_token(PERSON, KEY) == expected
    # Tokens that agencies keep must stay what they are: a change here breaks joins with everything made before.
    assert expected == "57e89536a42db8ed2a2c44fd7b9b39e8c69ef4753fd2284771640749726afebe"


@pytest.mark.parametrize("written", ["001 299 000 000", "001.299.000.000", " 001299-000000\u00a0", PERSON])
def test_one_number_has_one_token_however_it_is_written(written):
    assert join_token(written, KEY) == join_token(PERSON, KEY)


def test_numbers_that_are_the_same_number_under_another_name_agree():
    assert join_token(PERSON, KEY, "tax-code") == join_token(PERSON, KEY)
    card = join_token("dn 4 01 0123456789", KEY, "health-insurance-card")
    assert card == join_token("0123456789", KEY, "health-insurance-card")
    assert join_token("+84 500 000 000", KEY, "phone") == join_token("0500.000.000", KEY, "phone")
    assert join_token("000 000 000", KEY) == join_token("000000000", KEY, "former-id-number")


def test_numbers_that_only_look_alike_do_not_agree():
    ten = "0100109106"
    assert join_token(ten, KEY, "tax-code") != join_token(ten, KEY, "health-insurance-card")


def test_another_secret_or_purpose_gives_other_tokens():
    others = [JoinKey(SECRET[::-1], KEY.purpose), JoinKey(SECRET, "grant/2026-015"), JoinKey(SECRET, "grant/2026-01")]
    tokens = {join_token(PERSON, key) for key in [KEY, *others]}
    assert len(tokens) == 4
    assert join_token(PERSON, JoinKey(SECRET, KEY.purpose)) == join_token(PERSON, KEY)
    assert hashlib.sha256(PERSON.encode()).hexdigest() not in tokens


def test_what_is_no_number_of_a_person_is_refused_and_not_repeated():
    for text in ("00129900000O", "123456", "", "0100109106"):
        with pytest.raises(NotJoinable) as error:
            join_token(text, KEY)
        assert not text or text not in str(error.value)


# --- the key


def test_a_new_key_is_random_private_and_never_overwritten(tmp_path):
    file = tmp_path / "join.key"
    key = JoinKey.generate(file, "grant/2026-014")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = file.read_text()
    assert len(bytes.fromhex(content)) == 32
    assert join_token(PERSON, JoinKey.read(file, "grant/2026-014")) == join_token(PERSON, key)
    with pytest.raises(JoinKeyError, match="is kept"):
        JoinKey.generate(file, "grant/2026-014")
    assert file.read_text() == content
    other = JoinKey.generate(tmp_path / "other.key", "grant/2026-014")
    assert join_token(PERSON, other) != join_token(PERSON, key)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path, mode):
    file = tmp_path / "join.key"
    JoinKey.generate(file, "grant/1")
    file.chmod(mode)
    with pytest.raises(JoinKeyError, match=f"{mode:04o}.*\n?.*"):
        JoinKey.read(file, "grant/1")


def test_a_key_file_that_is_none_is_refused_without_showing_it(tmp_path):
    missing = tmp_path / "missing.key"
    with pytest.raises(JoinKeyError, match="cannot be read"):
        JoinKey.read(missing, "grant/1")
    with pytest.raises(JoinKeyError, match="cannot be made"):
        JoinKey.generate(tmp_path / "no folder" / "join.key", "grant/1")
    for content in ("not hexadecimal, secret", "00" * 31, "00" * 32):
        file = tmp_path / "wrong.key"
        file.touch(mode=0o600)
        file.write_text(content)
        with pytest.raises(JoinKeyError) as error:
            JoinKey.read(file, "grant/1")
        assert content not in str(error.value)
    link = tmp_path / "link.key"
    link.symlink_to(file)
    with pytest.raises(JoinKeyError, match="cannot be read"):
        JoinKey.read(link, "grant/1")


@pytest.mark.parametrize("purpose", ["", "ab", "Grant 1", "grant\0x", "x" * 121, "cấp"])
def test_a_purpose_is_a_short_name(purpose):
    with pytest.raises(JoinKeyError, match="is not allowed"):
        JoinKey(SECRET, purpose)


def secrets_of(key: JoinKey, secret: bytes) -> list[str]:
    return [form for data in (secret, key._key) for form in (data.hex(), repr(data)[2:-1], str(list(data))[1:-1])]


def test_the_key_is_never_shown(caplog, capsys):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("test").info("the key is %s, %r, %s", KEY, KEY, [KEY])
    print(KEY, vars(type(KEY)).keys(), f"{KEY}", [KEY])
    shown = caplog.text + capsys.readouterr().out
    assert "JoinKey(purpose='grant/2026-014')" in shown
    assert not any(secret in shown for secret in secrets_of(KEY, SECRET))
    assert not hasattr(KEY, "__dict__")
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="never pickled"):
            leave(KEY)


# --- columns


def numbers(count: int) -> list[str | None]:
    made = [f"{1 + i % 2:03}2{i % 90:02}{i:06}" for i in range(count)]
    return [None if i % 17 == 0 else f"{n[:3]} {n[3:6]} {n[6:]}" if i % 3 == 0 else n for i, n in enumerate(made)]


def test_a_column_has_the_tokens_of_its_values():
    texts = [*numbers(3000), "000000000", "000 000 000"]
    for column in (
        pa.array(texts),
        pa.chunked_array([texts[:1000], texts[1000:]]),
        pa.array(texts).dictionary_encode(),
    ):
        tokens = join_tokens(column, KEY)
        assert tokens.to_pylist() == [None if text is None else join_token(text, KEY) for text in texts]
    assert join_tokens(pa.array([], pa.string()), KEY).to_pylist() == []
    assert join_tokens(pa.array([None], pa.string()), KEY).to_pylist() == [None]


@pytest.mark.parametrize(
    "kinds", ["phone", "tax-code", "health-insurance-card", ("health-insurance-card", "personal-id")]
)
def test_a_column_of_any_kind_agrees_with_single_values(kinds):
    texts = {
        "phone": ["0500000000", "+84 500 000 000", "115"],
        "tax-code": ["0100109106", "0100109106-001", PERSON],
    }.get(kinds, ["dn4010123456789", "0123456789"])
    assert join_tokens(pa.array(texts), KEY, kinds).to_pylist() == [join_token(text, KEY, kinds) for text in texts]


def test_wrong_values_are_refused_by_row_or_left_empty():
    texts = [PERSON, "12345678", None, "00129900000O"]
    with pytest.raises(NotJoinable) as error:
        join_tokens(pa.array(texts), KEY)
    assert "row 2, 4" in error.value.en
    assert "2 values" in error.value.en
    assert "12345678" not in str(error.value)
    assert join_tokens(pa.array(texts), KEY, invalid="null").to_pylist() == [join_token(PERSON, KEY), None, None, None]


def test_two_data_sets_join_on_tokens_alone():
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE vaccinated AS SELECT unnest(['001 299 000 000', '001299000001', NULL]) id, 1 AS dose"
        )
        connection.execute(
            "CREATE TABLE enrolled AS SELECT unnest(['001299000000', '001.299.000.002', NULL]) citizen, 'A1' AS school"
        )
        left = with_join_tokens(connection, "FROM vaccinated", "id", KEY).read_all()
        right = with_join_tokens(connection, "FROM enrolled", "citizen", KEY, batch_rows=1)
        connection.register("one", left)
        connection.register("two", right)
        joined = connection.sql("SELECT dose, school FROM one JOIN two USING (join_token)").fetchall()
        assert joined == [(1, "A1")]
        assert left.column_names == ["join_token", "dose"]


def test_a_stream_names_the_row_of_the_whole_query():
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT CASE i WHEN 250 THEN 'x' ELSE printf('0012%08d', i) END AS id FROM range(300) r(i)"
        )
        with pytest.raises(NotJoinable, match="row 251"):
            with_join_tokens(connection, "SELECT id FROM t ORDER BY rowid", "id", KEY, batch_rows=100).read_all()
        with pytest.raises(ColumnError, match="its columns: id"):
            with_join_tokens(connection, "FROM t", "cccd", KEY)
        with pytest.raises(ColumnError, match="already"):
            with_join_tokens(connection, "SELECT id, 1 AS join_token FROM t", "id", KEY)
        with pytest.raises(ValueError, match="refuse, null"):
            join_tokens(pa.array([PERSON]), KEY, invalid="drop")


def test_the_key_is_in_no_sql_text(monkeypatch):
    said = []

    class Recorder:
        """A connection that keeps every text and parameter it is given."""

        def __init__(self, connection):
            self._connection = connection

        def __getattr__(self, name):
            member = getattr(self._connection, name)
            if not callable(member):
                return member

            def call(*args, **kwargs):
                said.append(repr((name, args, kwargs)))
                return member(*args, **kwargs)

            return call

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._connection.close()

    connect = duckdb.connect
    monkeypatch.setattr(columns.duckdb, "connect", lambda *args, **kwargs: Recorder(connect(*args, **kwargs)))
    tokens = join_tokens(pa.array([PERSON]), KEY)
    assert tokens[0].as_py() == join_token(PERSON, KEY)
    assert any("regexp_full_match" in text for text in said), "the recorder saw the queries"
    assert not any(secret in text for text in said for secret in secrets_of(KEY, SECRET))


def test_the_subject_is_what_sql_makes_of_it():
    assert subject("001 299 000 000") == "personal-id:001299000000"
    assert subject("dn4010123456789", "health-insurance-card") == "social-insurance-number:0123456789"
    assert hmac.compare_digest(KEY.token(subject(PERSON)), join_token(PERSON, KEY))
