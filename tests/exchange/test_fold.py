"""From words to entries: each rule by example, and the same list whatever the order of arrival."""

import random

import pytest
from exchange.folding import A1, A2, COUNTRIES, VALUES, B, C, D, E, Said, listing, rulings, said, speaking
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.vocabulary import FingerprintType as F
from rempart.exchange.bulk_fold import fold_logs
from rempart.exchange.digest import digest_of
from rempart.exchange.fold import Entry, Fold, Ruling
from rempart.exchange.policy import ALLIANCE, Policy, Vetoes
from rempart.exchange.signals import CATEGORIES, Action, Reason, SignalBasis, encode

KEY = VALUES[0]
WITHDRAW, DISPUTE, CORRECT = Action.WITHDRAW, Action.DISPUTE, Action.CORRECT


def folded(words: Said, policy: Policy = ALLIANCE, countries: dict[str, str] = COUNTRIES) -> Fold:
    found = Fold(Ruling(policy, countries))
    for origin, index, signal in words:
        found.hear(origin, index, signal)
    found.settle()
    return found


def entry_after(*words: tuple[str, object], policy: Policy = ALLIANCE) -> Entry | None:
    numbered = [(origin, index, signal) for index, (origin, signal) in enumerate(words)]
    return folded(numbered, policy).entries.get(KEY)  # type: ignore[arg-type]


class TestRules:
    def test_two_hotlines_of_one_country_are_one_government(self) -> None:
        assert entry_after((A1, listing()), (A2, listing())) is None

    def test_two_governments_make_an_entry(self) -> None:
        assert entry_after((A1, listing()), (B, listing())) == Entry(*KEY, "baseline", 2)

    def test_what_was_taken_over_from_others_counts_for_none(self) -> None:
        imported = listing(basis=SignalBasis.IMPORTED)
        assert entry_after((A1, listing()), (B, imported)) is None
        both = Policy.of("x", bases=SignalBasis)
        assert entry_after((A1, listing()), (B, imported), policy=both) == Entry(*KEY, "baseline", 2)

    @pytest.mark.parametrize("veto", [speaking(DISPUTE, Reason.MISTAKE), speaking(WITHDRAW, Reason.LAWFUL)])
    def test_a_dispute_and_a_finding_of_lawful_veto_until_taken_back(self, veto: object) -> None:
        listed = (A1, listing()), (B, listing())
        assert entry_after(*listed, (C, veto)) is None
        assert entry_after((C, veto), *listed) is None
        assert entry_after(*listed, (C, veto), (C, speaking(WITHDRAW, Reason.OTHER))) == Entry(*KEY, "baseline", 2)
        assert entry_after(*listed, (C, veto), (C, listing())) == Entry(*KEY, "baseline", 3)

    def test_a_withdrawal_ends_one_governments_confirmation(self) -> None:
        listed = (A1, listing()), (B, listing()), (C, listing())
        assert entry_after(*listed, (C, speaking(WITHDRAW, Reason.MISTAKE))) == Entry(*KEY, "baseline", 2)
        gone = (C, speaking(WITHDRAW, Reason.MISTAKE)), (B, speaking(WITHDRAW, Reason.ERASURE))
        assert entry_after(*listed, *gone) is None

    def test_the_category_is_the_one_of_most_governments_and_of_equals_the_first(self) -> None:
        assert entry_after((A1, listing(category="A1")), (B, listing())) == Entry(*KEY, "baseline", 2)
        found = entry_after((A1, listing(category="A1")), (A2, listing()), (B, listing(category="A1")))
        assert found == Entry(*KEY, "A1", 2)
        corrected = listing(category="national", action=CORRECT)
        assert entry_after((A1, listing()), (B, listing()), (A1, corrected), (B, corrected)) == Entry(
            *KEY, "national", 2
        )

    def test_words_of_categories_without_subscription_confirm_nothing(self) -> None:
        strict = Policy.of("x", categories=["baseline"])
        assert entry_after((A1, listing()), (B, listing(category="national")), policy=strict) is None

    def test_a_subscription_by_member_counts_these_alone_and_still_hears_every_dispute(self) -> None:
        few = Policy.of("x", members=[A1, B])
        assert entry_after((A1, listing()), (C, listing()), policy=few) is None
        assert entry_after((A1, listing()), (B, listing()), policy=few) == Entry(*KEY, "baseline", 2)
        assert entry_after((A1, listing()), (B, listing()), (C, speaking(DISPUTE, Reason.LAWFUL)), policy=few) is None

    def test_who_is_excluded_neither_lists_nor_vetoes(self) -> None:
        without = Policy.of("x", excluded=[C])
        assert entry_after((A1, listing()), (C, listing()), policy=without) is None
        dispute = C, speaking(DISPUTE, Reason.LAWFUL)
        assert entry_after((A1, listing()), (B, listing()), dispute, policy=without) == Entry(*KEY, "baseline", 2)

    def test_vetoes_may_be_of_nobody_or_of_members_by_name(self) -> None:
        listed = (A1, listing()), (B, listing()), (C, speaking(DISPUTE, Reason.LAWFUL))
        nobody = Policy.of("x", vetoes=Vetoes.NONE)
        named = Policy.of("x", vetoes=Vetoes.NAMED, vetoers=[D])
        assert entry_after(*listed, policy=nobody) == entry_after(*listed, policy=named) == Entry(*KEY, "baseline", 2)
        assert entry_after(*listed, (D, speaking(DISPUTE, Reason.OTHER)), policy=named) is None

    @pytest.mark.parametrize(
        "never",
        [
            (F.MD5, bytes.fromhex("d41d8cd98f00b204e9800998ecf8427e")),
            (F.PDQ, bytes(32)),
            (F.PHOTODNA, b" padded spelling="),
        ],
    )
    def test_what_no_list_may_hold_is_not_listed_by_any_number(self, never: tuple[F, bytes]) -> None:
        words: Said = [(origin, 0, listing(never)) for origin in COUNTRIES]
        assert not folded(words).entries

    def test_a_suspended_members_words_vanish_and_return_with_it(self) -> None:
        found = folded([(A1, 0, listing()), (B, 0, listing()), (C, 0, speaking(DISPUTE, Reason.LAWFUL))])
        without = {origin: country for origin, country in COUNTRIES.items() if origin != C}
        assert [entry.confirmations for entry in found.rule(Ruling(ALLIANCE, without)).added] == [2]
        assert len(found.rule(Ruling(ALLIANCE, {A1: "FR", E: "CZ"})).removed) == 1
        assert not found.entries


class TestOrder:
    @given(said(), rulings(), st.randoms(use_true_random=False))
    def test_the_list_is_the_same_in_any_order_and_in_any_steps(
        self, words: Said, ruling: Ruling, order: random.Random
    ) -> None:
        at_once, in_steps = Fold(ruling), Fold(ruling)
        for origin, index, signal in words:
            at_once.hear(origin, index, signal)
        at_once.settle()
        shuffled = list(words)
        order.shuffle(shuffled)
        told: dict[tuple[F, bytes], Entry] = {}
        for origin, index, signal in shuffled:
            in_steps.hear(origin, index, signal)
            if order.random() < 0.3:
                apply(told, in_steps)
        apply(told, in_steps)
        assert told == in_steps.entries == at_once.entries
        assert in_steps.digest.sha256 == at_once.digest.sha256 == digest_of(sorted(at_once.entries.values()))

    @given(said(), rulings(), rulings())
    def test_another_policy_or_roster_leads_where_a_fold_from_nothing_does(
        self, words: Said, before: Ruling, after: Ruling
    ) -> None:
        found = Fold(before)
        for origin, index, signal in words:
            found.hear(origin, index, signal)
        found.settle()
        found.rule(after)
        afresh = Fold(after)
        for origin, index, signal in words:
            afresh.hear(origin, index, signal)
        afresh.settle()
        assert (found.entries, found.digest.sha256) == (afresh.entries, afresh.digest.sha256)

    @given(said(), rulings())
    def test_whole_logs_in_columns_give_the_same_list(self, words: Said, ruling: Ruling) -> None:
        reference = Fold(ruling)
        logs: dict[str, list[bytes]] = {}
        for origin, index, signal in words:
            reference.hear(origin, index, signal)
            logs.setdefault(origin, []).append(encode(signal))
        reference.settle()
        found = list(fold_logs(logs, ruling))
        assert {(entry.kind, entry.value): entry for entry in found} == reference.entries
        assert len(found) == len(reference.entries)


def apply(told: dict[tuple[F, bytes], Entry], fold: Fold) -> None:
    """As a reader does: removals first."""
    delta = fold.settle()
    for entry in delta.removed:
        assert told.pop((entry.kind, entry.value)) == entry
    for entry in delta.added:
        assert (entry.kind, entry.value) not in told
        told[entry.kind, entry.value] = entry
    assert list(delta.added) == sorted(delta.added)


class TestNothingShows:
    def test_no_fingerprint_is_in_a_repr(self) -> None:
        found = folded([(A1, 0, listing()), (B, 0, listing())])
        shown = f"{found!r} {found.entries[KEY]!r}"
        assert KEY[1].hex() not in shown
        assert repr(KEY[1])[2:-1] not in shown


def test_categories_have_an_order() -> None:
    assert CATEGORIES[0] == "baseline"
