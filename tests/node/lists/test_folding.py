"""Lists follow what members say: the same entries as the rules give, whatever was folded before."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from node.lists.conftest import md5, rows
from node.lists.heard import ORIGINS, PEOPLE, Heard, fold, standing

from rempart.core.errors import Conflict, InputError
from rempart.exchange.digest import digest_of
from rempart.exchange.roster_entries import Status
from rempart.exchange.signals import Reason
from rempart.node.audit.models import Event
from rempart.node.jobs.models import Job
from rempart.node.jobs.steps import load_steps
from rempart.node.lists import folding, policies, services, showing
from rempart.node.lists.importing import import_rows
from rempart.node.lists.models import FoldedList, HashList, ListEntry
from rempart.node.lists.policies import set_policy
from rempart.node.lists.withdrawing import withdraw_rows

TWO = ("baseline", 2)


class TestFollowing:
    def test_two_governments_list_and_one_dispute_takes_away(self, alliance: Heard) -> None:
        alliance.lists(0, 1, 2)
        fold()
        assert standing() == {}
        alliance.lists(1, 1, 2)
        fold()
        assert standing() == {md5(1): TWO, md5(2): TWO}
        alliance.disputes(2, 1)
        fold()
        assert standing() == {md5(2): TWO}
        alliance.withdraws(2, 1)
        fold()
        assert standing() == {md5(1): TWO, md5(2): TWO}
        assert ListEntry.objects.filter(value=bytes.fromhex(md5(1))).count() == 2

    def test_what_comes_and_goes_is_matched_so(self, alliance: Heard) -> None:
        alliance.lists(0, 1)
        alliance.lists(1, 1)
        fold()
        assert services.recogniser().counts() == {"alliance": 1}
        alliance.lists(2, 1, category="A1")
        fold()
        assert services.recogniser().counts() == {"alliance": 1}
        alliance.withdraws(1, 1)
        alliance.withdraws(2, 1, reason=Reason.LAWFUL)
        fold()
        assert not services.recogniser().counts().get("alliance")

    def test_only_what_was_said_of_since_is_looked_at(self, alliance: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
        alliance.lists(0, 1, 2, 3)
        fold()
        asked: list[Any] = []
        true = folding.exchange.words_of
        monkeypatch.setattr(folding.exchange, "words_of", lambda keys: asked.extend(keys) or true(keys))
        monkeypatch.setattr(folding.exchange, "all_words", lambda origins: pytest.fail("it went through all of them"))
        alliance.lists(1, 3)
        fold()
        assert [value.hex() for _, value in asked] == [md5(3)]

    def test_many_new_words_are_gone_through_in_order(self, alliance: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
        alliance.lists(0, *range(6))
        alliance.lists(1, *range(3))
        fold()
        monkeypatch.setattr(folding, "MANY", 2)
        alliance.lists(1, *range(3, 6))
        alliance.disputes(2, 0)
        fold()
        assert sorted(standing()) == sorted(md5(number) for number in range(1, 6))

    def test_a_suspended_member_counts_for_nothing_until_it_is_back(self, alliance: Heard) -> None:
        alliance.lists(0, 1)
        alliance.lists(1, 1)
        alliance.disputes(3, 2)
        alliance.lists(0, 2)
        alliance.lists(1, 2)
        fold()
        assert standing() == {md5(1): TWO}
        alliance.suspend(3)
        fold()
        assert standing() == {md5(1): TWO, md5(2): TWO}
        alliance.suspend(1)
        fold()
        assert standing() == {}
        alliance.suspend(1, Status.ACTIVE)
        fold()
        assert standing() == {md5(1): TWO, md5(2): TWO}

    def test_silence_changes_nothing_but_the_heads(self, alliance: Heard) -> None:
        alliance.lists(0, 1)
        alliance.lists(1, 1)
        fold()
        before = HashList.objects.get()
        alliance.pads(0)
        fold()
        assert HashList.objects.get().sequence == before.sequence
        assert dict((origin, size) for origin, size, _ in FoldedList.objects.get().heads) == {
            ORIGINS[0]: 5,
            ORIGINS[1]: 1,
        }

    def test_a_change_is_an_event_and_asks_for_matching_again(self, alliance: Heard) -> None:
        alliance.lists(0, 1)
        alliance.lists(1, 1)
        fold()
        list_id = HashList.objects.get().pk
        event = Event.objects.get(action="list:folded")
        assert json.loads(event.data) == {"added": 1, "withdrawn": 0}
        assert Job.objects.filter(kind="rematch", subject=str(list_id), state="waiting").exists()
        assert md5(1) not in event.data

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["lists", "lists", "withdraws", "disputes", "suspend", "policy", "fold"]),
                st.integers(0, 3),
                st.integers(0, 3),
            ),
            max_size=25,
        )
    )
    def test_steps_lead_where_a_fold_from_nothing_does(
        self, alliance: Heard, steps: list[tuple[str, int, int]]
    ) -> None:
        for what, number, value in steps:
            if what == "fold":
                fold()
            elif what == "policy":
                set_policy("alliance", {"governments": 1 + value % 3})
            elif what == "suspend":
                turned = alliance.status[number] is Status.ACTIVE
                others = [each for at, each in alliance.status.items() if at != number]
                if not turned or Status.ACTIVE in others:
                    alliance.suspend(number, Status.SUSPENDED if turned else Status.ACTIVE)
            else:
                getattr(alliance, what)(number, value)
        fold()
        policy = policies.of_list("alliance")
        assert policy is not None
        ruling = policies.members().ruling(policy)
        wanted = [
            entry
            for key, words in folding.exchange.all_words(ORIGINS)
            if (entry := ruling.entry(key, words)) is not None
        ]
        assert standing() == {entry.value.hex(): (entry.category, entry.confirmations) for entry in wanted}
        shown = showing.shown("alliance")
        assert (shown.sha256, shown.entries) == (digest_of(wanted), len(wanted))


class TestPolicies:
    def test_lists_that_every_node_has_come_by_themselves(self, heard: Heard, drain: Any) -> None:
        heard.version = 0
        load_steps()
        drain()
        assert not HashList.objects.exists()
        heard.version = 1
        folding.ask_for_repeating_steps()
        drain()
        [made] = HashList.objects.all()
        assert (made.name, made.settles) == ("alliance", True)

    def test_the_own_list_comes_with_the_first_own_word(
        self, heard: Heard, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        settings.ORIGIN = ORIGINS[0]
        heard.lists(0, 1)
        heard.disputes(1, 1)
        policies.ensure_shipped()
        fold("own")
        assert standing("own") == {md5(1): ("baseline", 1)}
        assert not HashList.objects.get(name="own").settles

    def test_a_list_of_that_name_that_was_imported_stays_what_it_is(self, heard: Heard) -> None:
        import_rows("alliance", "national", rows([1]))
        policies.ensure_shipped()
        assert not FoldedList.objects.exists()
        with pytest.raises(Conflict):
            set_policy("alliance", {"governments": 3})

    def test_a_change_is_folded_and_moves_the_sequence(self, alliance: Heard) -> None:
        alliance.lists(0, 1)
        alliance.lists(1, 1)
        fold()
        before = HashList.objects.get().sequence
        assert set_policy("alliance", {"governments": 3}).revision == 2
        fold()
        assert standing() == {}
        assert HashList.objects.get().sequence > before
        assert set_policy("alliance", {"governments": 3}).revision == 2

    def test_a_subscription_by_member(self, alliance: Heard) -> None:
        alliance.lists(0, 1)
        alliance.lists(1, 2)
        set_policy("two hotlines", {"governments": 1, "members": ORIGINS[:1]}, settles=True)
        fold("two hotlines")
        assert standing("two hotlines") == {md5(1): ("baseline", 1)}
        assert HashList.objects.get(name="two hotlines").settles

    def test_what_is_no_policy_is_refused(self, alliance: Heard) -> None:
        for wrong in ({"governments": 0}, {"categories": ["X"]}, {"members": ["not an origin"]}):
            with pytest.raises(InputError):
                set_policy("alliance", wrong)

    def test_nobody_writes_into_a_list_that_follows(self, alliance: Heard) -> None:
        with pytest.raises(Conflict, match="policy"):
            import_rows("alliance", "baseline", rows([1]))
        with pytest.raises(Conflict, match="policy"):
            withdraw_rows("alliance", rows([1]), reason="A stock photo")

    def test_equal_heads_and_policy_have_equal_digests(self, alliance: Heard) -> None:
        alliance.lists(0, 1, 2)
        alliance.lists(1, 2, 1)
        fold()
        at_once = showing.shown("alliance")
        ListEntry.objects.all().delete()
        FoldedList.objects.update(heads=[], basis="", digest=b"")
        HashList.objects.update(sequence=0)
        fold()
        assert showing.shown("alliance") == at_once
        assert at_once.heads[0].origin == PEOPLE[0].origin
