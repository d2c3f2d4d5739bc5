"""Batches: padded, in their order, at their cadence; canaries stop before anything is signed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from node.exchange.conftest import NATIONAL

from rempart.core.errors import Conflict, InputError, NotPermitted
from rempart.core.vocabulary import FingerprintType, Legality
from rempart.exchange.signals import Action, Reason
from rempart.node.audit import services as audit
from rempart.node.casework.models import Fingerprint
from rempart.node.exchange import canaries, own_log, recalling, signing
from rempart.node.exchange.models import Outgoing, Word


@given(st.integers(0, signing.MOST))
def test_a_bucket_is_a_power_of_two_that_holds_the_batch(count):
    size = signing.bucket(count)
    assert size >= max(count, 4)
    assert size & (size - 1) == 0
    assert size == 4 or size < 2 * count


class TestBatches:
    def test_what_waits_is_signed_padded_and_believed(self, file, decide, sign, log):
        decide(file(), NATIONAL)
        decide(file(5), NATIONAL)
        sign()
        assert log.size == 8
        assert [one.action for one in log.signals()] == [Action.ADD] * 8
        words = Word.objects.filter(origin=own_log.key().name)
        assert sorted(words.values_list("log_index", flat=True)) == list(range(8))
        assert set(Outgoing.objects.values_list("state", flat=True)) == {"signed"}

    def test_nothing_to_say_is_said_every_hour(self, sign, log, clock, db):
        sign()
        assert log.size == 4
        assert log.signals() == []
        clock.advance(minutes=59)
        sign()
        assert log.size == 4
        clock.advance(minutes=1)
        sign()
        assert log.size == 8

    def test_withdrawals_go_first(self, file, decide, decide_again, sign, log):
        first = file()
        decide(first, NATIONAL)
        sign()
        decide(file(5), NATIONAL)
        decide_again(first, Legality.NOT_ILLEGAL)
        sign()
        assert [one.action for one in log.signals()[4:]] == [Action.WITHDRAW] * 4 + [Action.ADD] * 4

    def test_a_batch_has_a_largest_size(self, file, decide, sign, log, monkeypatch):
        monkeypatch.setattr(signing, "MOST", 4)
        decide(file(), NATIONAL)
        decide(file(5), NATIONAL)
        sign()
        assert log.size == 8
        assert len([1 for fact in audit.events(actions=["log:signed"])]) == 2

    def test_the_key_lies_beside_the_log(self, sign, log, db):
        sign()
        assert (log.folder / "vkey").read_text().strip() == own_log.key().vkey

    def test_a_log_from_a_backup_is_not_written(self, file, decide, sign, log):
        decide(file(), NATIONAL)
        own_log.mark_restored()
        sign()
        assert not (log.folder / "checkpoint").exists()
        with pytest.raises(Conflict, match="backup"):
            own_log.writer()


class TestCrashes:
    def test_between_the_salts_and_the_log(self, file, decide, sign, log, monkeypatch):
        decide(file(), NATIONAL)
        monkeypatch.setattr(signing, "_append", _killed)
        with pytest.raises(KeyboardInterrupt):
            sign()
        monkeypatch.undo()
        salts = set(Outgoing.objects.values_list("salt", flat=True))
        sign()
        assert len(log.signals()) == 4
        assert {opening[:16] for opening in log.openings()} == {bytes(salt) for salt in salts}

    def test_between_the_log_and_the_mark(self, file, decide, sign, log, monkeypatch):
        decide(file(), NATIONAL)
        monkeypatch.setattr(signing, "_mark", _killed)
        with pytest.raises(KeyboardInterrupt):
            sign()
        monkeypatch.undo()
        assert Outgoing.objects.filter(log_index=None).count() == 4
        own_log.forget_writer()
        sign()
        assert len(log.signals()) == 4
        assert sorted(Outgoing.objects.values_list("log_index", flat=True)) == [0, 1, 2, 3]

    def test_what_was_decided_meanwhile_follows(self, file, decide, decide_again, sign, log, monkeypatch):
        """Rows in hand may stand in the log: a later word never takes their place, it comes after."""
        content = file()
        decide(content, NATIONAL)
        monkeypatch.setattr(signing, "_mark", _killed)
        with pytest.raises(KeyboardInterrupt):
            sign()
        monkeypatch.undo()
        decide_again(content, Legality.NOT_ILLEGAL)
        sign()
        assert [one.action for one in log.signals()] == [Action.ADD] * 4 + [Action.WITHDRAW] * 4


def _killed(*_: object) -> int:
    raise KeyboardInterrupt


class TestCanaries:
    def test_an_exact_one_stops_all_of_its_content(self, file, decide, sign, log, told):
        content = file()
        sha = bytes(Fingerprint.objects.get(content=content, kind="sha256").value)
        canaries.add("The logo", [(FingerprintType.SHA256, sha)])
        decide(content, NATIONAL)
        decide(file(5), NATIONAL)
        sign()
        assert len(log.signals()) == 4
        assert Outgoing.objects.filter(content=_number(content), state="stopped").count() == 4
        [(_, subject, data)] = told("signal:stopped")
        assert (subject, data["signals"]) == (f"content:{content}", 4)
        assert canaries.stopped() == 1

    @pytest.mark.parametrize(("bits", "stops"), [(31, True), (32, False)])
    def test_a_near_pdq_stops(self, file, decide, sign, log, bits, stops):
        content = file()
        value = int.from_bytes(bytes(Fingerprint.objects.get(content=content, kind="pdq").value), "big")
        near = (value ^ ((1 << bits) - 1)).to_bytes(32, "big")
        canaries.add("The logo", [(FingerprintType.PDQ, near)])
        decide(content, NATIONAL)
        sign()
        assert (log.signals() == []) is stops

    def test_a_withdrawal_is_never_stopped(self, file, decide, decide_again, sign, log):
        content = file()
        decide(content, NATIONAL)
        sign()
        sha = bytes(Fingerprint.objects.get(content=content, kind="sha256").value)
        canaries.add("The logo", [(FingerprintType.SHA256, sha)])
        decide_again(content, Legality.NOT_ILLEGAL)
        sign()
        assert [one.action for one in log.signals()[4:]] == [Action.WITHDRAW] * 4

    def test_another_decision_ends_the_alarm(self, file, decide, decide_again, sign):
        content = file()
        sha = bytes(Fingerprint.objects.get(content=content, kind="sha256").value)
        canaries.add("The logo", [(FingerprintType.SHA256, sha)])
        decide(content, NATIONAL)
        sign()
        with pytest.raises(Conflict):
            canaries.remove("The logo")
        decide_again(content, Legality.NOT_ILLEGAL)
        assert canaries.stopped() == 0
        assert canaries.remove("The logo") == 1

    def test_only_whole_fingerprints_once(self, db, clock):
        with pytest.raises(InputError):
            canaries.add("Logo", [(FingerprintType.PDQ, b"short")])
        canaries.add("Logo", [(FingerprintType.MD5, bytes(16))])
        with pytest.raises(Conflict):
            canaries.add("Logo again", [(FingerprintType.MD5, bytes(16))])


class TestRecall:
    @pytest.fixture
    def signed(self, file, decide, sign) -> int:
        content = file()
        decide(content, NATIONAL)
        sign()
        return content

    def test_one_action_takes_all_back_ahead_of_other_work(self, signed, file, decide, people, sign, log, told):
        decide(file(5), NATIONAL)
        assert recalling.recall(people["lin"], signed, Reason.MISTAKE, "Wrong file") == 4
        sign()
        assert [(one.action, one.reason) for one in log.signals()[4:8]] == [(Action.WITHDRAW, Reason.MISTAKE)] * 4
        [(_, subject, data)] = told("signal:recalled")
        assert (subject, data) == (f"content:{signed}", {"signals": 4, "unsaid": 0, "reason": "mistake"})

    def test_what_waits_never_leaves(self, file, decide, people, sign, log):
        content = file()
        decide(content, NATIONAL)
        assert recalling.recall(people["lin"], content, Reason.OTHER, "Wrong file") == 0
        sign()
        assert log.signals() == []

    def test_twice_is_refused(self, signed, people):
        recalling.recall(people["lin"], signed, Reason.MISTAKE, "Wrong file")
        with pytest.raises(Conflict):
            recalling.recall(people["lin"], signed, Reason.MISTAKE, "Wrong file")

    def test_needs_a_reason_and_the_role(self, signed, people):
        with pytest.raises(InputError):
            recalling.recall(people["lin"], signed, Reason.MISTAKE, " ")
        with pytest.raises(NotPermitted):
            recalling.recall(people["ana"], signed, Reason.MISTAKE, "Wrong file")


def _number(content: int) -> int:
    from rempart.node.exchange.outgoing import number_of

    return number_of(content)
