import io
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammo.files import containers

NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0\\"), min_size=1, max_size=20
).filter(lambda name: not name.startswith(".") and name not in ("__MACOSX",))


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return path


def test_an_archive_is_a_folder_of_its_members(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.dcm").write_bytes(b"one")
    packed = archive(tmp_path / "b.zip", {"x/2.dcm": b"two", "3": b"three"})
    found = list(containers.walk(tmp_path))
    assert found == [tmp_path / "a" / "1.dcm", packed / "3", packed / "x/2.dcm"]
    assert [containers.size(path) for path in found] == [3, 5, 3]
    for path, content in zip(found, (b"one", b"three", b"two"), strict=True):
        with containers.open_binary(path) as file:
            assert file.read() == content
    assert list(containers.walk(packed)) == found[1:]


@given(name=NAMES, content=st.binary(max_size=200))
def test_members_of_any_name_are_found_and_read(tmp_path_factory, name, content):
    packed = archive(tmp_path_factory.mktemp("any") / "p.zip", {name: content})
    (found,) = containers.walk(packed)
    with containers.open_binary(found) as file:
        assert file.read() == content


def test_a_member_is_read_from_any_place(tmp_path):
    packed = archive(tmp_path / "p.zip", {"m": bytes(range(100))})
    with containers.open_binary(packed / "m") as file:
        file.seek(-10, os.SEEK_END)
        assert (file.tell(), file.read(3)) == (90, bytes((90, 91, 92)))
        file.seek(5)
        buffered = io.BufferedReader(file)
        assert buffered.read(2) == bytes((5, 6))


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "a/../../outside", ".hidden", "__MACOSX/x"]
)
def test_hostile_and_hidden_members_are_left_out(tmp_path, name):
    packed = archive(tmp_path / "p.zip", {name: b"x", "good": b"y"})
    assert list(containers.walk(packed)) == [packed / "good"]


def test_a_loop_of_links_ends(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(b"x")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a")
    assert list(containers.walk(tmp_path)) == [tmp_path / "a" / "file"]


def test_a_linked_folder_is_followed_once(tmp_path):
    inside, outside = tmp_path / "set", tmp_path / "elsewhere"
    inside.mkdir()
    outside.mkdir()
    (outside / "file").write_bytes(b"x")
    for name in ("first", "second"):
        (inside / name).symlink_to(outside)
    assert list(containers.walk(inside)) == [inside / "first" / "file"]


def test_what_cannot_be_read_is_reported_and_the_rest_found(tmp_path):
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 no archive")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "good").write_bytes(b"x")
    errors: list[OSError] = []
    found = list(containers.walk(tmp_path, errors.append))
    assert found == [tmp_path / "gone", tmp_path / "good"]
    assert len(errors) == 1 and "bad.zip is a damaged archive" in str(errors[0])
    with pytest.raises(OSError, match="damaged archive"):
        list(containers.walk(tmp_path))


def test_a_member_that_would_unpack_to_too_much_is_refused(tmp_path, monkeypatch):
    packed = archive(tmp_path / "bomb.zip", {"m": bytes(2_000_000)})
    assert packed.stat().st_size < 10_000
    monkeypatch.setattr(containers, "MAX_MEMBER_BYTES", 1_000_000)
    with pytest.raises(OSError, match="2,000,000 bytes, 1,000,000"):
        containers.open_binary(packed / "m")


def test_a_member_larger_than_it_says_ends_in_an_error(tmp_path):
    packed = archive(tmp_path / "p.zip", {"m": bytes(50_000)})
    content = bytearray(packed.read_bytes())
    place = content.rindex((50_000).to_bytes(4, "little"))
    content[place : place + 4] = (10).to_bytes(4, "little")
    packed.write_bytes(content)
    with containers.open_binary(packed / "m") as file, pytest.raises(OSError, match="damaged"):
        file.read()


def test_damage_and_encryption_become_errors_of_the_system(tmp_path):
    packed = archive(tmp_path / "p.zip", {"m": os.urandom(5000)})
    content = bytearray(packed.read_bytes())
    content[2000:2100] = bytes(100)
    packed.write_bytes(content)
    with containers.open_binary(packed / "m") as file, pytest.raises(OSError, match="damaged"):
        file.read()
    locked = bytearray(archive(tmp_path / "q.zip", {"m": b"x"}).read_bytes())
    directory = locked.index(b"PK\x01\x02")
    locked[directory + 8] |= 1
    (tmp_path / "q.zip").write_bytes(locked)
    with pytest.raises(OSError, match="encrypted"):
        containers.open_binary(tmp_path / "q.zip" / "m")


def test_an_absent_file_is_an_error_of_the_system(tmp_path):
    packed = archive(tmp_path / "p.zip", {"m": b"x"})
    for path in (tmp_path / "nothing", packed / "nothing"):
        with pytest.raises(FileNotFoundError):
            containers.open_binary(path)


def test_a_name_that_no_file_can_have_is_an_absent_file(tmp_path):
    for act in (containers.open_binary, containers.size):
        with pytest.raises(FileNotFoundError, match="No such file"):
            act(tmp_path / "a\0b")


def test_a_file_has_its_name_as_libraries_expect_it(tmp_path):
    (tmp_path / "small").write_bytes(b"x")
    with containers.open_binary(tmp_path / "small") as file:
        assert file.name == str(tmp_path / "small")


def test_no_more_memory_is_asked_for_than_there_is_to_read(tmp_path):
    (tmp_path / "small").write_bytes(b"x" * 3000)
    with containers.open_binary(tmp_path / "small") as file:
        assert file.read(1000) == b"x" * 1000
        tracemalloc.start()
        assert file.read(2**32) == b"x" * 2000
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert file.read(2**32) == b""
    assert peak < 2**20


def test_a_member_without_a_name_is_left_out(tmp_path):
    packed = archive(tmp_path / "p.zip", {"n": b"x"})
    content = bytearray(packed.read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[directory + 28], content[directory + 32] = 0, 1  # the name becomes a comment
    packed.write_bytes(content)
    assert list(containers.walk(packed)) == []
