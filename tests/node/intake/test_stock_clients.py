"""Clients of threatexchange, unmodified, against a running node: they fetch, page, drop what goes, and answer."""

import enum
import hashlib
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from rempart.adapters.hash_sharing_client import Cursor, HashSharingClient
from rempart.core.errors import Rejected
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_csv import HashRow
from rempart.formats.hash_sharing.model import FeedbackType, Submission
from rempart.node.audit import services as audit
from rempart.node.intake import platforms
from rempart.node.intake.hash_sharing.views import own_member, reason_guid
from rempart.node.intake.models import Platform
from rempart.node.lists import sharing, windows
from rempart.node.lists.importing import import_rows
from rempart.node.lists.models import ListEntry, SignalFeedback
from rempart.node.lists.withdrawing import withdraw_rows

pytest.importorskip("threatexchange", reason="needs the package threatexchange")
from threatexchange.exchanges.clients.ncmec import hash_api
from threatexchange.exchanges.impl.ncmec_api import (
    NCMECCollabConfig,
    NCMECSignalExchangeAPI,
)
from threatexchange.exchanges.impl.stop_ncii_api import (
    CollaborationConfigBase,
    StopNCIICredentials,
    StopNCIISignalExchangeAPI,
)
from threatexchange.signal_type.md5 import VideoMD5Signal
from threatexchange.signal_type.pdq.signal import PdqSignal

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.filterwarnings("ignore:.*urllib3.*"),
]
TYPES = [PdqSignal, VideoMD5Signal]


def pdq(number: int) -> str:
    return hashlib.sha256(f"made up {number}".encode()).hexdigest()


def rows(kind: FingerprintType, values: list[str], **options: object) -> list[HashRow]:
    return [HashRow(line, {kind: value}, **options) for line, value in enumerate(values, start=2)]


@pytest.fixture
def utc(monkeypatch) -> None:
    """The stock client writes local time with a Z: it runs in UTC."""
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def node(live_server, clock, utc, settings) -> SimpleNamespace:
    """A list of 2,300 pictures and two videos, grown on three days, for one client."""
    settings.PLATFORM_RATE = 1e6
    now = datetime.now(UTC)
    clock.moment = now - timedelta(days=9)
    username, secret = platforms.add_platform("Example Chat")
    platform = Platform.objects.get(username=username)
    import_rows("Example", "A1", rows(FingerprintType.PDQ, [pdq(n) for n in range(1200)]), source="hashes.csv")
    sharing.set_terms("Example", may_share=True)
    sharing.grant("Example", platform.pk)
    windows.stamp_granted(platform.pk)

    def later(moment: datetime) -> None:
        clock.moment = moment
        windows.stamp_granted(platform.pk)

    clock.moment = now - timedelta(days=5)
    import_rows("Example", "A1", rows(FingerprintType.PDQ, [pdq(n) for n in range(1200, 2300)]))
    later(clock.moment)
    clock.moment = now - timedelta(days=1)
    import_rows("Example", "A1", rows(FingerprintType.MD5, ["ab" * 16, "cd" * 16], is_video=True))
    later(clock.moment)
    # The clients read their own clock, which goes on while the test runs.
    clock.moment = now = now + timedelta(hours=1)
    return SimpleNamespace(
        url=live_server.url, username=username, secret=secret, platform=platform, later=later, now=now, clock=clock
    )


@pytest.fixture
def ncmec(node, monkeypatch):
    environment = enum.Enum("NodeEnvironment", {"REMPART": f"{node.url}/hashsharing"}).REMPART
    config = NCMECCollabConfig(name="node", environment=environment)
    return SimpleNamespace(
        exchange=NCMECSignalExchangeAPI(config, node.username, node.secret),
        client=hash_api.NCMECHashAPI(node.username, node.secret, environment),
        config=config,
    )


def fetched(exchange, state: dict, checkpoint=None):
    """As the package's own stores do it: merge each delta, keep the last checkpoint."""
    for delta in exchange.fetch_iter(TYPES, checkpoint):
        exchange.naive_fetch_merge(state, delta.updates)
        checkpoint = delta.checkpoint
    return checkpoint


class TestHashSharing:
    def test_who_am_i(self, node, ncmec):
        assert ncmec.client.status().esp_id == 1000 + node.platform.pk
        assert [member.esp_id for member in ncmec.client.members()] == [own_member().number, 1000 + node.platform.pk]

    def test_everything_arrives_and_a_withdrawal_takes_it_away(self, node, ncmec):
        state: dict = {}
        checkpoint = fetched(ncmec.exchange, state)
        signals = ncmec.exchange.naive_convert_to_signal_type(TYPES, ncmec.config, state)
        assert set(signals[PdqSignal]) == {pdq(number) for number in range(2300)}
        assert set(signals[VideoMD5Signal]) == {"ab" * 16, "cd" * 16}
        assert signals[PdqSignal][pdq(0)].member_entries == {own_member().number: {"A1"}}

        checkpoint.get_entries_max_ts -= 3600  # as if it had polled an hour ago
        node.clock.moment = datetime.now(UTC) - timedelta(minutes=10)
        withdraw_rows("Example", rows(FingerprintType.PDQ, [pdq(7)]), reason="A stock photo")
        node.later(node.clock.moment)
        node.clock.moment = node.now
        checkpoint = fetched(ncmec.exchange, state, checkpoint)
        signals = ncmec.exchange.naive_convert_to_signal_type(TYPES, ncmec.config, state)
        assert set(signals[PdqSignal]) == {pdq(number) for number in range(2300)} - {pdq(7)}

    def test_feedback_is_kept_once_and_on_record(self, node, ncmec):
        entry = ListEntry.objects.filter(kind="pdq").first()
        kind, own = hash_api.FingerprintType.pdq, own_member().number
        for _ in range(2):
            ncmec.client.submit_upvote(own, str(entry.pk), kind)
        assert list(SignalFeedback.objects.values_list("is_useful", "reason")) == [(True, "")]
        names = ncmec.client.feedback_reasons(kind)
        assert names[reason_guid("lawful", "PDQ")] == "The content is lawful"
        ncmec.client.submit_feedback(
            own, str(entry.pk), kind, hash_api.FeedbackType.downvote, reason_guid("lawful", "PDQ")
        )
        assert list(SignalFeedback.objects.values_list("is_useful", "reason")) == [(False, "lawful")]
        told = [(fact.actor, fact.data["is_useful"]) for fact in audit.events(actions=["list:feedback"])]
        assert told == [(node.platform.actor, True), (node.platform.actor, False)]

    @pytest.mark.parametrize(("member", "entry", "kind"), [(0, 0, "pdq"), (None, 99_999_999, "pdq"), (None, 0, "md5")])
    def test_feedback_on_what_is_not_there_is_refused(self, node, ncmec, member, entry, kind):
        import requests

        number = entry or ListEntry.objects.filter(kind="pdq").first().pk
        with pytest.raises(requests.HTTPError, match="404"):
            ncmec.client.submit_upvote(
                own_member().number if member is None else member, str(number), hash_api.FingerprintType[kind]
            )
        assert not SignalFeedback.objects.exists()


class TestOurOwnClient:
    def test_it_follows_our_server_from_page_to_page(self, node):
        client = HashSharingClient.at(f"{node.url}/hashsharing/v2", f"{node.username}:{node.secret}")
        held: dict[str, dict] = {}
        batches = list(client.changes(Cursor(), node.now))
        for batch in batches:
            held |= {update.key: update.hashes for update in batch.updates}
        assert len(batches) == 3
        assert len(held) == 2302
        reasons = client.feedback_reasons(FeedbackType.PDQ)
        key = next(iter(held)).split("-")
        client.send_feedback(int(key[0]), key[1], FeedbackType.PDQ, Submission(False, (reasons[0].guid,)))
        assert SignalFeedback.objects.get().entry_id == int(key[1])

        withdraw_rows("Example", rows(FingerprintType.PDQ, [pdq(3)]), reason="A stock photo")
        windows.stamp_granted(node.platform.pk)
        node.clock.moment = node.now + timedelta(seconds=10)
        [batch] = client.changes(batches[-1].cursor, node.clock.moment)
        assert [update.is_deleted for update in batch.updates] == [True]

    def test_a_wrong_key_is_refused(self, node):
        with pytest.raises(Rejected, match="credential"):
            HashSharingClient.at(f"{node.url}/hashsharing", f"{node.username}:wrong").status()


class TestStopNcii:
    @pytest.fixture
    def exchange(self, node, monkeypatch):
        keys = f"{node.secret},{node.username},{node.url}/stopncii/v1"
        monkeypatch.setenv(StopNCIICredentials.ENV_VARIABLE, keys)
        return StopNCIISignalExchangeAPI.for_collab(CollaborationConfigBase("node", "stop_ncii", True))

    def test_everything_arrives_in_pages_of_the_clients_size(self, node, exchange):
        state: dict = {}
        fetched(exchange, state)
        signals = exchange.naive_convert_to_signal_type(TYPES, exchange.collab, state)
        assert set(signals[PdqSignal]) == {pdq(number) for number in range(2300)}
        assert set(signals[VideoMD5Signal]) == {"ab" * 16, "cd" * 16}

    def test_a_withdrawn_entry_becomes_disputed_and_a_first_fetch_has_it_not(self, node, exchange):
        state: dict = {}
        checkpoint = fetched(exchange, state)
        withdraw_rows("Example", rows(FingerprintType.PDQ, [pdq(7)]), reason="A stock photo")
        windows.stamp_granted(node.platform.pk)
        node.clock.moment = node.now + timedelta(seconds=10)
        fetched(exchange, state, checkpoint)
        told = exchange.naive_convert_to_signal_type(TYPES, exchange.collab, state)[PdqSignal][pdq(7)]
        # The stock client compares the wrong field: it cannot drop a record. It shows the node's own objection.
        assert told.get_as_aggregate_opinion().category.name == "DISPUTED"
        anew: dict = {}
        fetched(exchange, anew)
        assert pdq(7) not in {value for _, value in anew}
        assert len(anew) == 2301
