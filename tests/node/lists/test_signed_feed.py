"""What a node publishes of a list that follows from signals: signed, equal everywhere, followed by every reader."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from node.lists.heard import Heard, fold, standing

from rempart.adapters.list_feeds import FeedSource
from rempart.adapters.list_sources import open_source
from rempart.adapters.list_trust import ListTrust
from rempart.adapters.signing import verify
from rempart.core.errors import Conflict, InputError, NotFound
from rempart.exchange.policy import ALLIANCE
from rempart.formats.signed_list import SignedHead, open_list
from rempart.formats.signed_note import Key
from rempart.node.exchange import own_log
from rempart.node.lists import mirror, policies, publishing, sharing, showing
from rempart.node.lists.models import FeedFile, FoldedList, HashList, ListEntry


def key() -> Key:
    log = own_log.key()
    return Key(f"{log.name}/lists", log.public)


def publish() -> SignedHead:
    fold()
    publishing.publish(HashList.objects.get(name="alliance").pk)
    return open_list(FoldedList.objects.get(hash_list__name="alliance").note, [key()], verify)[0]


@pytest.fixture
def shared(alliance: Heard) -> Heard:
    sharing.set_terms("alliance", may_share=True)
    alliance.lists(0, 1, 2)
    alliance.lists(1, 1, 2)
    return alliance


class TestNote:
    def test_it_says_what_the_list_follows_from(self, shared: Heard) -> None:
        head, shown = publish(), showing.shown("alliance")
        assert (head.policy, head.roster, head.entries) == (ALLIANCE.document, 1, 2)
        assert (head.sha256, head.feed.sequence) == (shown.sha256, shown.sequence)
        assert [each.size for each in head.heads] == [2, 2]
        assert key().name == f"{settings.ORIGIN}/lists"

    def test_it_follows_changes_and_is_renewed_when_heads_moved_for_long(self, shared: Heard, clock: Any) -> None:
        first = publish()
        shared.disputes(2, 1)
        second = publish()
        assert [each.path for each in second.feed.changes] == [
            f"changes-{first.feed.snapshot.sequence}-{second.feed.sequence}.csv"
        ]
        shared.pads(0)
        third = publish()
        assert (third.sha256, third.feed.changes) == (second.sha256, second.feed.changes)
        assert third.feed.sequence > second.feed.sequence
        clock.advance(minutes=5)
        assert publish().at == third.at
        clock.advance(hours=2)
        assert publish().at > third.at

    def test_logs_that_grow_ask_for_no_signature_at_once(self, shared: Heard, drain: Any, clock: Any) -> None:
        from rempart.node.jobs.models import Job

        publish()
        drain()
        for quiet, asked in ((1, False), (20, True)):
            clock.advance(minutes=quiet)
            shared.pads(0)
            fold()
            assert Job.objects.filter(kind="publish_list", state="waiting").exists() is asked

    def test_without_leave_to_pass_it_on_nothing_is_signed(self, alliance: Heard) -> None:
        alliance.lists(0, 1)
        fold()
        publishing.publish(HashList.objects.get().pk)
        assert FoldedList.objects.get().note == ""

    def test_snapshots_are_byte_identical_at_equal_heads(self, shared: Heard) -> None:
        publish()
        shared.lists(2, 1, 3, category="A1")
        shared.lists(3, 3)
        publish()
        shared.withdraws(3, 3)
        in_steps = publish()
        FeedFile.objects.all().delete()
        ListEntry.objects.all().delete()
        FoldedList.objects.update(heads=[], basis="", digest=b"", note="")
        HashList.objects.update(sequence=0)
        at_once = publish()
        again = FeedFile.objects.get(is_snapshot=True)
        assert at_once.sha256 == in_steps.sha256
        assert at_once.feed.snapshot.sha256 == again.sha256
        FeedFile.objects.all().delete()
        other = publish()
        assert other.feed.snapshot.sha256 == at_once.feed.snapshot.sha256


class TestMirror:
    def test_a_reader_follows_it_through_everything(self, shared: Heard, tmp_path: Path) -> None:
        folder = tmp_path / "mirror"
        publish()
        mirror.export("alliance", folder)
        assert (folder / "list.note").exists()
        assert not (folder / "list.json").exists()
        held: dict[str, tuple[str, int]] = {}
        source = open_source(folder, trust=ListTrust((key(),)))
        assert isinstance(source, FeedSource)
        with source:
            held = {entry.value.hex(): (entry.category, entry.confirmations) for entry in source.entries()}
            assert held == standing() != {}
            for step in (
                lambda: shared.disputes(3, 1),
                lambda: shared.lists(2, 2, category="A1"),
                lambda: shared.withdraws(3, 1),
                lambda: shared.suspend(0),
                lambda: policies.set_policy("alliance", {"governments": 1}),
                lambda: shared.pads(1),
            ):
                step()
                publish()
                mirror.export("alliance", folder)
                if (changes := source.poll()) is not None:
                    ids = {entry_id for _, entry_id in changes.removed}
                    held = {value: said for value, said in held.items() if entry_id(value) not in ids}
                    held |= {entry.value.hex(): (entry.category, entry.confirmations) for entry in changes.added}
                assert held == standing()
            assert source.facts is not None
            assert source.facts.sha256 == showing.shown("alliance").sha256

    def test_a_folder_of_something_else_is_refused(self, shared: Heard, tmp_path: Path) -> None:
        publish()
        (tmp_path / "list.note").write_text("something else\n")
        with pytest.raises(InputError):
            mirror.export("alliance", tmp_path)

    def test_what_was_not_folded_is_not_exported(self, alliance: Heard, tmp_path: Path) -> None:
        sharing.set_terms("alliance", may_share=True)
        with pytest.raises(Conflict, match="not signed"):
            mirror.export("alliance", tmp_path / "mirror")


class TestPlatforms:
    def test_the_note_is_for_signed_lists_and_list_json_for_others(
        self, shared: Heard, example: Any, platform: Any
    ) -> None:
        publish()
        signed, plain = HashList.objects.get(name="alliance"), example.row
        example.share()
        example.publish()
        for name in ("alliance", "Example"):
            sharing.grant(name, platform)
        assert sharing.feed_note(signed.pk, platform).startswith(b"rempart-list/2\n")
        with pytest.raises(NotFound, match=r"list\.note"):
            sharing.feed_head(signed.pk, platform)
        with pytest.raises(NotFound, match=r"list\.json"):
            sharing.feed_note(plain.pk, platform)


@pytest.fixture
def platform(db) -> int:
    from rempart.node.intake import platforms
    from rempart.node.intake.models import Platform

    platforms.add_platform("Example Chat")
    return Platform.objects.get().pk


def entry_id(value: str) -> int:
    from rempart.core.vocabulary import FingerprintType
    from rempart.formats.hash_values import entry_id_of

    return entry_id_of(FingerprintType.MD5, bytes.fromhex(value))
