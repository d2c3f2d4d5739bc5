"""A platform fetches the lists it was granted, sees nothing of others, and each download is on record."""

import hashlib
from types import SimpleNamespace

import pytest
from django.test import Client
from node.lists.conftest import MadeUpList, example, md5  # noqa: F401

from rempart.adapters.list_sources import open_source
from rempart.core.errors import Conflict, NotFound, RempartError
from rempart.formats.list_feed import read_head, read_rows
from rempart.node.audit import services as audit
from rempart.node.intake import platforms
from rempart.node.intake.models import Platform
from rempart.node.lists import sharing
from rempart.node.lists.models import ListGrant

LISTS = "/api/v1/lists"


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def events(*names: str) -> list[tuple[str, str, str, dict]]:
    return [(fact.action, fact.subject, fact.actor, fact.data) for fact in audit.events(actions=list(names))]


@pytest.fixture
def granted(example, platform_client) -> SimpleNamespace:  # noqa: F811
    """A list that one platform may have, and its files as that platform asks for them."""
    example.share()
    example.publish()
    sharing.grant("Example", platform_client.platform.pk)

    def get(name: str, **headers: str):
        address = f"{LISTS}/{example.row.pk}/{name}"
        return platform_client.client.get(address, headers={**platform_client.headers, **headers})

    return SimpleNamespace(made=example, get=get, client=platform_client)


class TestWhoSeesWhat:
    def test_without_a_grant_a_list_does_not_exist(self, example, platform_client):  # noqa: F811
        example.share()
        example.publish()
        assert platform_client.get(LISTS).json() == {"lists": []}
        for name in ("list.json", "snapshot-1.csv"):
            real = platform_client.get(f"{LISTS}/{example.row.pk}/{name}")
            absent = platform_client.get(f"{LISTS}/{example.row.pk + 1}/{name}")
            assert real.status_code == absent.status_code == 404
            assert real.json() == absent.json()
            assert "Example" not in real.content.decode()

    def test_a_grant_is_for_one_platform_and_one_list(self, granted, other_client):
        other = MadeUpList("Other")
        other.add(7)
        other.share()
        [seen] = granted.client.get(LISTS).json()["lists"]
        assert (seen["id"], seen["name"], seen["category"], seen["source"], seen["sequence"]) == (
            granted.made.row.pk,
            "Example",
            "national",
            "hashes.csv",
            1,
        )
        assert granted.client.get(f"{LISTS}/{other.row.pk}/list.json").status_code == 404
        assert other_client.get(LISTS).json() == {"lists": []}
        assert other_client.get(f"{LISTS}/{granted.made.row.pk}/list.json").status_code == 404

    def test_without_credentials_there_is_no_answer(self, granted):
        for path in ("", f"/{granted.made.row.pk}/list.json", f"/{granted.made.row.pk}/snapshot-1.csv"):
            assert Client().get(LISTS + path).status_code == 401

    def test_terms_that_forbid_it_end_all_grants_effect_until_they_allow_it_again(self, granted):
        sharing.set_terms("Example", may_share=False)
        assert granted.client.get(LISTS).json() == {"lists": []}
        assert granted.get("list.json").status_code == 404
        assert granted.get("snapshot-1.csv").status_code == 404
        sharing.set_terms("Example", may_share=True)
        assert granted.get("list.json").status_code == 200

    def test_a_revoked_grant_ends_at_once(self, granted):
        sharing.revoke("Example", granted.client.platform.pk)
        assert granted.get("list.json").status_code == 404
        with pytest.raises(NotFound):
            sharing.revoke("Example", granted.client.platform.pk)

    def test_a_revoked_platform_loses_its_lists_for_good(self, granted):
        platforms.revoke_platform(granted.client.platform.username)
        assert granted.get("list.json").status_code == 401
        assert not ListGrant.objects.exists()
        subject, platform = f"list:{granted.made.row.pk}", granted.client.platform.pk
        assert events("list:revoked") == [("list:revoked", subject, "system", {"platform": platform})]
        with pytest.raises(NotFound):
            platforms.platform_id(granted.client.platform.username)

    def test_no_grant_without_terms(self, example, platform_client):  # noqa: F811
        with pytest.raises(Conflict, match="may not be passed on"):
            sharing.grant("Example", platform_client.platform.pk)
        assert not ListGrant.objects.exists()

    def test_terms_grants_and_their_ends_are_events_once(self, example, platform_client):  # noqa: F811
        for _ in range(2):
            sharing.set_terms("Example", may_share=True)
        for _ in range(2):
            sharing.grant("Example", platform_client.platform.pk)
        sharing.revoke("Example", platform_client.platform.pk)
        for _ in range(2):
            sharing.set_terms("Example", may_share=False)
        told = events("list:sharing_allowed", "list:granted", "list:revoked", "list:sharing_forbidden")
        assert [action for action, *_ in told] == [
            "list:sharing_allowed",
            "list:granted",
            "list:revoked",
            "list:sharing_forbidden",
        ]
        assert told[1][3] == {"platform": platform_client.platform.pk}


class TestFiles:
    def test_head_and_files_are_the_feed(self, granted):
        granted.made.withdraw(1)
        granted.made.publish()
        response = granted.get("list.json")
        assert response["Content-Type"] == "application/json"
        head = read_head(response.content)
        assert (head.sequence, head.snapshot.entries) == (2, 3)
        for named in (head.snapshot, *head.changes):
            file = granted.get(named.path)
            data = body(file)
            assert file["Content-Type"] == "text/csv; charset=utf-8"
            assert int(file["Content-Length"]) == len(data)
            assert hashlib.sha256(data).hexdigest() == named.sha256
        [removal] = read_rows(data.decode().splitlines())
        assert removal.is_removal

    def test_each_download_is_on_record_before_it_begins(self, granted):
        response = granted.get("snapshot-1.csv")
        subject, actor = f"list:{granted.made.row.pk}", granted.client.platform.actor
        told = [("list:downloaded", subject, actor, {"file": "snapshot-1.csv", "entries": 3})]
        assert events("list:downloaded") == told
        body(response)
        assert events("list:downloaded") == told

    @pytest.mark.parametrize("name", ["list.json", "snapshot-1.csv"])
    def test_what_is_known_already_costs_no_download(self, granted, name):
        tag = granted.get(name)["ETag"]
        before = events("list:downloaded")
        again = granted.get(name, **{"if-none-match": tag})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
        assert events("list:downloaded") == before
        assert granted.get(name, **{"if-none-match": '"another"'}).status_code == 200

    def test_the_head_changes_its_tag_with_the_list(self, granted):
        tag = granted.get("list.json")["ETag"]
        granted.made.add(9)
        granted.made.publish()
        assert granted.get("list.json", **{"if-none-match": tag}).status_code == 200

    @pytest.mark.parametrize("name", ["snapshot-2.csv", "changes-0-1.csv", "x" * 101, "..", "list.csv", "%00"])
    def test_no_such_file(self, granted, name):
        response = granted.get(name)
        assert response.status_code in {404, 422}
        assert events("list:downloaded") == []

    def test_before_it_is_published_it_says_so(self, example, platform_client):  # noqa: F811
        example.share()
        sharing.grant("Example", platform_client.platform.pk)
        response = platform_client.get(f"{LISTS}/{example.row.pk}/list.json")
        assert response.status_code == 409
        assert "published" in response.json()["error"]["what"]

    def test_a_list_id_beyond_all_measure_is_none(self, platform_client):
        assert platform_client.get(f"{LISTS}/{2**70}/list.json").status_code in {404, 422}


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_matcher_follows_a_node_over_http(live_server, add_client, clock):
    """The reader that `rempart matcher` has, against the node's own server."""
    made = MadeUpList()
    made.add(1, 2)
    made.share()
    made.publish()
    username, secret = platforms.add_platform("Example Chat")
    platform = Platform.objects.get(username=username).pk
    address = f"{live_server.url}{LISTS}/{made.row.pk}/"
    with open_source(address, key=f"{username}:{secret}") as source:
        with pytest.raises(RempartError):
            list(source.entries())
        sharing.grant("Example", platform)
        assert {entry.value.hex() for entry in source.entries()} == {md5(1), md5(2)}
        assert source.name == "Example"
        assert source.poll() is None
        made.add(3)
        made.withdraw(1)
        made.publish()
        changes = source.poll()
        assert [entry.value.hex() for entry in changes.added] == [md5(3)]
        assert len(changes.removed) == 1
        sharing.revoke("Example", platform)
        made.add(4)
        made.publish()
        with pytest.raises(RempartError) as refused:
            source.poll()
        assert secret not in str(refused.value)
    with open_source(address, key=f"{username}:wrong") as source, pytest.raises(RempartError):
        list(source.entries())
