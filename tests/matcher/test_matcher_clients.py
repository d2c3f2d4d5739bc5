"""The clients file: what it may say, and who is let in."""

import base64
from pathlib import Path

import pytest
from matcher.serving import client_block, write_clients

from rempart.core.errors import InputError, UnsafeStart
from rempart.matcher.clients import Clients, Right, new_key


def basic(name: str, key: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{key}".encode()).decode()


def test_a_new_key_opens_the_door_in_both_ways(tmp_path: Path) -> None:
    key, block = new_key("example-chat")
    assert len(base64.urlsafe_b64decode(key + "=")) == 32
    assert key not in block
    clients = Clients.read(write_clients(tmp_path / "clients.toml", block))
    for header in (f"Bearer {key}", f"bearer {key}", basic("example-chat", key)):
        client = clients.authenticate(header)
        assert client is not None
        assert client.name == "example-chat"
        assert client.may(Right.MEDIA)
        assert not client.may(Right.SEE_DISTANCE)


def test_no_other_key_does(tmp_path: Path) -> None:
    key, block = client_block("one")
    other, second = client_block("other")
    clients = Clients.read(write_clients(tmp_path / "clients.toml", block, second))
    wrong = ["", key, f"Bearer {key}x", f"Bearer {key[:-1]}", "Bearer ", "Basic ", "Basic !!!", "Basic YQ=="]
    wrong += [basic("one", other), basic("other", key), basic("", key), f"Digest {key}", "Bearer \udce9"]
    assert [clients.authenticate(header) for header in wrong] == [None] * len(wrong)


def test_two_keys_work_while_they_are_exchanged(tmp_path: Path) -> None:
    old, block = client_block("one")
    new, other = new_key("one")
    digest = other.split("key_sha256 = [")[1].split("]")[0]
    clients = Clients.read(
        write_clients(tmp_path / "c.toml", block.replace("key_sha256 = [", f"key_sha256 = [{digest}, "))
    )
    assert all(clients.authenticate(f"Bearer {key}") for key in (old, new))


def test_radius_and_lists_of_a_client(tmp_path: Path) -> None:
    _, block = client_block("one", lists='["a", "b"]', radius="20", list_radius='{"b" = 10}', rights='["see_distance"]')
    client = Clients.read(write_clients(tmp_path / "c.toml", block)).by_name["one"]
    assert (client.subscribed("a"), client.subscribed("c")) == (True, False)
    assert (client.radius, client.list_radius) == (20, {"b": 10})
    assert client.may(Right.SEE_DISTANCE)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": '"with space"'},
        {"name": '"../up"'},
        {"key_sha256": '["short"]'},
        {"key_sha256": "[]"},
        {"radius": "64"},
        {"radius": '"31"'},
        {"min_quality": "101"},
        {"rights": '["everything"]'},
        {"requests_per_second": "0"},
        {"items_per_day": "-1"},
        {"radiuss": "31"},
        {"lists": '"some"'},
    ],
)
def test_a_mistake_is_told_and_not_overlooked(tmp_path: Path, changes: dict[str, str]) -> None:
    _, block = client_block("one", **changes)
    with pytest.raises(InputError, match="clients file"):
        Clients.read(write_clients(tmp_path / "c.toml", block))


def test_names_and_keys_are_unique(tmp_path: Path) -> None:
    _, block = client_block("one")
    _, other = client_block("one")
    with pytest.raises(InputError, match="one name"):
        Clients.read(write_clients(tmp_path / "c.toml", block, other))
    with pytest.raises(InputError, match="same key"):
        Clients.read(write_clients(tmp_path / "c.toml", block, block.replace('"one"', '"two"')))
    with pytest.raises(InputError, match="1 to 1000"):
        Clients.read(write_clients(tmp_path / "c.toml", ""))


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602])
def test_a_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = write_clients(tmp_path / "c.toml", client_block("one")[1])
    path.chmod(mode)
    with pytest.raises(UnsafeStart, match="other accounts"):
        Clients.read(path)


def test_a_group_may_read_it(tmp_path: Path) -> None:
    path = write_clients(tmp_path / "c.toml", client_block("one")[1])
    path.chmod(0o640)
    assert "one" in Clients.read(path).by_name


def test_a_name_that_cannot_be_a_label_is_refused() -> None:
    with pytest.raises(InputError):
        new_key("a/b")
