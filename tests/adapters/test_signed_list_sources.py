"""Signed lists are followed like any other, and whatever somebody in between does to them is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from adapters.list_cases import Held, Publisher
from adapters.signed_lists import KEY, LOG_KEY, ORIGIN, STRANGER, SignedPublisher, Standing, pdq, trust_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rempart.adapters.list_feeds import FeedSource
from rempart.adapters.list_sources import open_source
from rempart.adapters.list_trust import ListTrust, read_trust
from rempart.core.errors import InputError, IntegrityError, RempartError
from rempart.formats.list_feed import ChangeFile
from rempart.formats.signed_list import lists_key

TRUST = ListTrust((KEY,))
TWO: Standing = {pdq(1): ("baseline", 2), pdq(2): ("A1", 3)}
THREE: Standing = TWO | {pdq(3): ("national", 2)}
LISTED = st.dictionaries(
    st.integers(0, 12).map(pdq), st.tuples(st.sampled_from(["baseline", "A1"]), st.integers(2, 4)), max_size=8
)


@pytest.fixture
def publisher(tmp_path: Path) -> SignedPublisher:
    made = SignedPublisher(tmp_path / "mirror")
    made.change(TWO)
    return made


def opened(publisher: SignedPublisher, trust: ListTrust = TRUST) -> FeedSource:
    source = open_source(publisher.folder, trust=trust)
    assert isinstance(source, FeedSource)
    return source


def standing(held: Held) -> Standing:
    return {entry.value: (entry.category, entry.confirmations) for entry in held.entries.values()}


class TestFollowing:
    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.tuples(LISTED, st.sampled_from(["change", "snap", "grow"]), st.booleans()), max_size=8))
    def test_whoever_follows_holds_what_was_signed(
        self, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Standing, str, bool]]
    ) -> None:
        made = SignedPublisher(tmp_path_factory.mktemp("lists") / "mirror")
        with opened(made) as source:
            held = Held(source)
            for wanted, how, looks in steps:
                if how == "grow":
                    made.grow()
                else:
                    made.change(wanted)
                if how == "snap":
                    made.snap()
                if looks:
                    held.follow()
                    assert standing(held) == made.standing
            held.follow()
            assert standing(held) == made.standing
            assert source.facts is not None
            assert (source.facts.sequence, source.facts.sha256) == (made.sequence, made.head.sha256)

    def test_facts_tell_who_signed_and_when(self, publisher: SignedPublisher) -> None:
        with opened(publisher) as source:
            list(source.entries())
            assert source.facts is not None
            assert (source.facts.signed_by, source.facts.signed_at) == (f"{ORIGIN}/lists", publisher.at)

    def test_a_log_that_grew_without_a_change_is_no_news(self, publisher: SignedPublisher) -> None:
        with opened(publisher) as source:
            held = Held(source)
            publisher.grow()
            assert held.follow() is None
            publisher.change(THREE)
            assert len(held.follow().added) == 1  # type: ignore[union-attr]


class TestTrust:
    def test_without_a_choice_a_signed_list_is_refused_with_what_to_do(self, publisher: SignedPublisher) -> None:
        with open_source(publisher.folder) as source, pytest.raises(InputError, match="--list-trust"):
            list(source.entries())

    def test_by_choice_it_counts_whoever_signed(self, publisher: SignedPublisher) -> None:
        with opened(publisher, ListTrust(unsigned_ok=True)) as source:
            assert standing(Held(source)) == TWO
            assert source.facts is not None
            assert source.facts.signed_by == ""

    def test_another_key_is_refused_also_where_unsigned_lists_are_not(self, publisher: SignedPublisher) -> None:
        stranger = lists_key(ORIGIN, STRANGER.public_key)
        for trust in (ListTrust((stranger,)), ListTrust((stranger,), unsigned_ok=True)):
            with opened(publisher, trust) as source, pytest.raises(IntegrityError):
                list(source.entries())

    def test_a_plain_feed_is_read_as_before_and_refused_beside_keys(self, tmp_path: Path) -> None:
        plain = Publisher()
        plain.begin({1: ("baseline", 1)})
        folder = plain.into(tmp_path / "plain")
        for trust in (ListTrust(), ListTrust(unsigned_ok=True), ListTrust((KEY,), unsigned_ok=True)):
            with open_source(folder, trust=trust) as source:
                assert len(list(source.entries())) == 1
        with open_source(folder, trust=TRUST) as source, pytest.raises(RempartError, match="not signed"):
            list(source.entries())

    def test_a_mirror_that_puts_a_plain_feed_in_its_place_is_refused(self, publisher: SignedPublisher) -> None:
        with opened(publisher) as source:
            held = Held(source)
            plain = Publisher(sequence=2**60)
            plain.begin({7: ("baseline", 7)})
            plain.into(publisher.folder)
            (publisher.folder / "list.note").unlink()
            with pytest.raises(RempartError):
                held.follow()
            assert standing(held) == TWO

    def test_a_file_of_hashes_needs_no_signature(self, tmp_path: Path) -> None:
        path = tmp_path / "own.csv"
        path.write_text(f"pdq\n{pdq(1).hex()}\n")
        with open_source(path, trust=TRUST) as source:
            assert len(list(source.entries())) == 1


class TestTrustFile:
    def test_the_key_of_a_log_stands_for_its_lists(self, tmp_path: Path) -> None:
        assert read_trust(trust_file(tmp_path, LOG_KEY)).keys == read_trust(trust_file(tmp_path, KEY)).keys == (KEY,)

    @pytest.mark.parametrize("text", ["", "# nobody\n", "no key\n", "é\n", f"{KEY.vkey[:-4]}\n"])
    def test_a_file_without_keys_is_refused(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "trust.txt"
        path.write_text(text)
        with pytest.raises(InputError):
            read_trust(path)

    def test_a_file_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError):
            read_trust(tmp_path / "none.txt")


class TestAttacks:
    """Each after a list that was read; it must stay as it was, and be followed again once the attack is over."""

    def old_note(self, made: SignedPublisher) -> None:
        note = (made.folder / "list.note").read_bytes()
        made.change(THREE)
        with opened(made) as source:
            held = Held(source)
            made.put("list.note", note)
            with pytest.raises(IntegrityError, match="back"):
                held.follow()
            assert standing(held) == THREE

    def test_an_older_list_is_refused(self, publisher: SignedPublisher) -> None:
        self.old_note(publisher)

    @pytest.mark.parametrize(
        "attack",
        [
            lambda made: made.lie(sha256="ab" * 32),
            lambda made: made.lie(entries=4),
            lambda made: made.publish(replace(made.head, feed=replace(made.head.feed, name="own"))),
            lambda made: setattr(made, "signer", STRANGER) or made.publish(),
            lambda made: made.put(
                "list.note", (made.folder / "list.note").read_bytes().replace(b'"time":1', b'"time":2')
            ),
            lambda made: made.put("list.note", b""),
            lambda made: made.put("list.note", b"\xff\xfe"),
            lambda made: made.put(made.changes[-1].path, b"sequence\n"),
            lambda made: (made.folder / made.changes[-1].path).unlink(),
        ],
        ids=[
            "digest",
            "count",
            "another list",
            "another key",
            "altered note",
            "empty",
            "no text",
            "altered file",
            "gone",
        ],
    )
    def test_what_was_not_signed_is_refused(
        self, publisher: SignedPublisher, attack: Callable[[SignedPublisher], object]
    ) -> None:
        with opened(publisher) as source:
            held = Held(source)
            publisher.change(THREE)
            right = {path.name: path.read_bytes() for path in publisher.folder.iterdir()}
            attack(publisher)
            with pytest.raises(RempartError) as caught:
                held.follow()
            assert pdq(3).hex() not in str(caught.value)
            assert standing(held) == TWO
            for name, data in right.items():
                publisher.put(name, data)
            held.follow()
            assert standing(held) == THREE

    def test_two_lists_of_one_sequence_are_refused(self, publisher: SignedPublisher) -> None:
        with opened(publisher) as source:
            held = Held(source)
            publisher.standing = THREE
            publisher.snap()
            with pytest.raises(IntegrityError, match="one sequence"):
                held.follow()

    def test_a_signer_whose_files_say_something_else_is_refused_at_the_first_reading(
        self, publisher: SignedPublisher
    ) -> None:
        publisher.lie(sha256="ab" * 32)
        with opened(publisher) as source, pytest.raises(IntegrityError, match="digest"):
            list(source.entries())

    def test_changes_that_lead_elsewhere_are_mended_by_the_snapshot(self, publisher: SignedPublisher) -> None:
        with opened(publisher) as source:
            held = Held(source)
            publisher.change(THREE)
            reach = publisher.changes[-1]
            wrong = publisher.write("changes-wrong.csv", [])
            publisher.snap()
            publisher.changes = [ChangeFile("changes-wrong.csv", reach.first, reach.last, wrong)]
            publisher.publish()
            held.follow()
            assert standing(held) == THREE

    def test_a_later_reader_goes_on_from_what_an_earlier_one_had(self, publisher: SignedPublisher) -> None:
        note = (publisher.folder / "list.note").read_bytes()
        publisher.change(THREE)
        with opened(publisher) as source:
            list(source.entries())
            facts = source.facts
        assert facts is not None
        publisher.put("list.note", note)
        with opened(publisher) as source:
            source.resume(facts)
            with pytest.raises(IntegrityError, match="back"):
                list(source.entries())
        publisher.publish(replace(publisher.head, feed=replace(publisher.head.feed, name="own")))
        with opened(publisher) as source:
            source.resume(facts)
            with pytest.raises(IntegrityError, match="Another list"):
                list(source.entries())
