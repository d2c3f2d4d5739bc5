"""The page of subscriptions, and the commands that do the same."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from node.lists.conftest import md5
from node.lists.heard import ORIGINS, Heard, fold, standing
from typer.testing import CliRunner

from rempart.cli.main import app
from rempart.exchange.policy import Vetoes
from rempart.exchange.signals import SignalBasis
from rempart.node.lists import policies
from rempart.node.lists.models import HashList

ADDRESS = "/staff/lists/subscriptions"


@pytest.fixture
def enter(people, clock) -> Callable[[str], Client]:
    def log_in(name: str) -> Client:
        client = Client()
        client.force_login(people[name])
        return client

    return log_in


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["lists", *words])


def chosen(**more: Any) -> dict[str, Any]:
    return {"governments": 1, "categories": ["baseline"], "vetoes": "any", "settles": "no"} | more


class TestPage:
    def test_before_there_is_a_roster_it_says_what_will_come(self, heard: Heard, enter: Any) -> None:
        assert "No such list yet" in text(enter("ana").get(ADDRESS))

    def test_everybody_who_may_see_lists_sees_the_policies(self, alliance: Heard, enter: Any) -> None:
        policies.set_policy("alliance", {"excluded": ORIGINS[:1], "categories": ["A1", "baseline"]})
        page = text(enter("ana").get(ADDRESS))
        assert "alliance" in page
        assert f"Without {ORIGINS[0]}" in page
        assert "Settles" in page
        assert "Make a list" not in page

    def test_a_list_manager_makes_a_list_and_changes_it(self, alliance: Heard, enter: Any) -> None:
        alliance.lists(2, 7)
        lin = enter("lin")
        page = lin.post(f"{ADDRESS}/new", chosen(name="strict", members=[ORIGINS[2]]), follow=True)
        assert "The policy is kept" in text(page)
        fold("strict")
        assert standing("strict") == {md5(7): ("baseline", 1)}
        made = HashList.objects.get(name="strict")
        assert not made.settles
        shown = lin.get(f"{ADDRESS}/{made.pk}").content.decode()
        assert 'name="name"' not in shown
        lin.post(f"{ADDRESS}/{made.pk}", chosen(governments=2, members=[], settles="yes"))
        policy = policies.of_list("strict")
        assert policy is not None
        assert (policy.governments, policy.members, policy.revision) == (2, (), 2)
        assert HashList.objects.get(name="strict").settles

    def test_what_the_page_does_not_show_stays(self, alliance: Heard, enter: Any) -> None:
        policies.set_policy("alliance", {"vetoes": Vetoes.NAMED, "vetoers": [ORIGINS[1]], "bases": list(SignalBasis)})
        list_id = HashList.objects.get().pk
        enter("lin").post(f"{ADDRESS}/{list_id}", chosen(vetoes="named"))
        policy = policies.of_list("alliance")
        assert policy is not None
        assert (policy.vetoers, len(policy.bases)) == ((ORIGINS[1],), 2)

    @pytest.mark.parametrize(
        "wrong",
        [{"governments": 0}, {"categories": []}, {"name": "two\nlines!"}, {"members": ["stranger.example/log"]}],
    )
    def test_what_is_no_policy_is_said_and_nothing_kept(
        self, alliance: Heard, enter: Any, wrong: dict[str, Any]
    ) -> None:
        response = enter("lin").post(f"{ADDRESS}/new", chosen(name="strict") | wrong)
        assert response.status_code == 422
        assert HashList.objects.count() == 1

    def test_a_name_that_is_taken_by_an_import_is_refused(self, alliance: Heard, example: Any, enter: Any) -> None:
        response = enter("lin").post(f"{ADDRESS}/new", chosen(name="Example"))
        assert response.status_code == 422
        assert "was imported" in text(response)


class TestCommands:
    def test_a_policy_is_made_changed_and_shown(self, alliance: Heard) -> None:
        alliance.lists(0, 1)
        alliance.lists(1, 1)
        fold()
        done = run("policy", "strict", "--governments", "3", "--category", "baseline", "--settle")
        assert "revision 1: 0 entries" in done.output
        done = run("policy", "strict", "--governments", "1", "--member", ORIGINS[0], "--veto", ORIGINS[2])
        assert "revision 2: 1 entries" in done.output
        shown = json.loads(run("show", "strict", "--json").output)
        assert set(shown) == {
            "name",
            "sha256",
            "entries",
            "sequence",
            "policy",
            "policy_sha256",
            "roster",
            "heads",
        }
        assert (shown["entries"], shown["roster"]) == (1, 1)
        assert shown["policy"]["vetoers"] == [ORIGINS[2]]
        assert [head["origin"] for head in shown["heads"]] == [ORIGINS[0]]
        run("policy", "strict", "--member", "all", "--veto", "none", "--exclude", ORIGINS[3], "--imported")
        policy = policies.of_list("strict")
        assert policy is not None
        assert (policy.members, str(policy.vetoes), policy.excluded, len(policy.bases)) == (
            (),
            "none",
            (ORIGINS[3],),
            2,
        )

    def test_a_list_that_was_imported_has_a_digest_too(self, example: Any) -> None:
        shown = json.loads(run("show", "Example", "--json").output)
        assert (shown["entries"], shown["policy"], shown["heads"]) == (3, None, [])
        assert len(shown["sha256"]) == 64
        assert "it was imported" in run("show", "Example").output

    def test_what_is_not_there_or_no_policy_is_said(self, alliance: Heard) -> None:
        assert run("show", "Nothing", "--json").exit_code != 0
        assert run("show", "--json").exit_code == 2
        assert run("policy", "strict", "--member", "not an origin").exit_code != 0
