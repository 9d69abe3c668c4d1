import hashlib
import hmac
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo.errors import MammoError
from mammo.files import pseudonyms
from mammo.files.pseudonyms import pseudonym


@pytest.fixture(autouse=True)
def key_file(tmp_path, monkeypatch):
    file = tmp_path / "settings" / "key"
    monkeypatch.setenv(pseudonyms.KEY_FILE_VARIABLE, str(file))
    return file


def test_a_pseudonym_is_the_keyed_hash():
    key = bytes(range(32))
    expected = hmac.new(key, b"patient\x00DOE^JANE", hashlib.sha256).hexdigest()[:16]
    assert pseudonym(key, "patient", "DOE^JANE") == expected


@given(st.text(), st.text(), st.binary(min_size=32, max_size=32))
def test_pseudonyms_differ_by_key_and_kind_and_tell_nothing(first, second, key):
    name = pseudonym(key, "patient", first)
    assert len(name) == 16 and int(name, 16) >= 0
    assert name != pseudonym(key, "study", first)
    assert name != pseudonym(key[::-1] + b"x", "patient", first)
    assert (name == pseudonym(key, "patient", second)) == (first == second)


def test_names_that_are_no_text_have_pseudonyms():
    assert pseudonym(b"k", "image", b"\xff.dcm".decode(errors="surrogateescape"))


def test_the_key_is_made_once_for_its_owner_alone(key_file):
    key = pseudonyms.local_key()
    assert len(key) == 32 and pseudonyms.local_key() == key
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [path.name for path in key_file.parent.iterdir() if path.suffix == ".tmp"] == []


def test_all_who_ask_at_once_get_one_key():
    with ThreadPoolExecutor(8) as pool:
        keys = {pool.submit(pseudonyms.local_key).result() for _ in range(8)}
    assert len(keys) == 1


def test_the_key_lies_among_the_users_settings(monkeypatch, tmp_path):
    monkeypatch.delenv(pseudonyms.KEY_FILE_VARIABLE)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert pseudonyms.key_file() == tmp_path / "mammo" / "pseudonyms.key"


@pytest.mark.parametrize("content", ["", "no key", "ab" * 31])
def test_a_damaged_key_is_not_used(key_file, content):
    key_file.parent.mkdir()
    key_file.write_text(content)
    with pytest.raises(MammoError, match="64 hexadecimal"):
        pseudonyms.local_key()


def test_a_key_that_cannot_be_made_is_named(monkeypatch):
    monkeypatch.setenv(pseudonyms.KEY_FILE_VARIABLE, "/proc/none/key")
    with pytest.raises(MammoError, match="MAMMO_KEY_FILE"):
        pseudonyms.local_key()


def test_synthetic_images_need_no_secret(key_file):
    assert pseudonyms.key_of("synthetic") == pseudonyms.PUBLIC_KEY
    assert not key_file.exists()
    assert pseudonyms.key_fingerprint("real") == pseudonym(pseudonyms.local_key(), "key", "")
