"""Erasure from the log, and going on after a restored backup."""

import shutil

import pytest
from node.exchange.conftest import NATIONAL

from rempart.core.errors import Conflict, InputError, IntegrityError, NotFound
from rempart.core.vocabulary import Legality
from rempart.exchange.signals import Action
from rempart.node.casework.models import Fingerprint
from rempart.node.exchange import erasing, own_log, resuming
from rempart.node.exchange.models import Outgoing, Word


@pytest.fixture
def signed(file, decide, sign) -> int:
    content = file()
    decide(content, NATIONAL)
    sign()
    return content


class TestErasing:
    def test_withdrawn_first_then_destroyed_and_the_withdrawal_a_month_later(self, signed, sign, log, clock, told):
        before = log.openings()
        root = log.note
        assert erasing.ask(signed, "Order of a court") == 8
        sign()
        openings = log.openings()
        assert openings[:4] == [b""] * 4
        assert {one.action for one in log.signals()} == {Action.WITHDRAW}
        assert root.split("\n")[1] == "4"
        prints = [bytes(one.value) for one in Fingerprint.objects.filter(content=signed)]
        assert [value for value in prints if any(value in opening for opening in before)]
        clock.advance(days=31)
        sign()
        everywhere = b"".join(path.read_bytes() for path in log.folder.rglob("*") if path.is_file())
        assert not [value for value in prints if value in everywhere]
        assert set(Outgoing.objects.values_list("value", flat=True)) == {b""}
        assert not Word.objects.filter(value__in=prints).exists()
        assert len(told("signal:erased")) == 8

    def test_what_was_never_said_leaves_nothing(self, file, decide, sign, log):
        content = file()
        decide(content, NATIONAL)
        erasing.ask(content, "Order of a court")
        sign()
        assert log.signals() == []
        assert set(Outgoing.objects.values_list("value", flat=True)) == {b""}

    def test_a_crash_between_file_and_row_is_made_good(self, signed, sign, log, monkeypatch):
        erasing.ask(signed, "Order of a court")
        monkeypatch.setattr(erasing, "_forget", lambda row: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sign()
        monkeypatch.undo()
        sign()
        assert log.openings()[:4] == [b""] * 4

    def test_needs_something_said_and_a_reason(self, signed, file):
        with pytest.raises(InputError):
            erasing.ask(signed, " ")
        with pytest.raises(NotFound):
            erasing.ask(file(5), "Order of a court")


class TestResuming:
    def test_goes_on_where_nobody_has_seen_more(self, signed, sign, log, told):
        note = log.note
        own_log.mark_restored()
        assert resuming.resume([note]).size == 4
        assert not own_log.is_restored()
        assert told("log:resumed")[0][2]["compared"] == 1

    def test_refused_where_somebody_has_seen_more(self, signed, decide_again, sign, log, log_folder, tmp_path):
        shutil.copytree(log_folder, tmp_path / "backup")
        decide_again(signed, Legality.NOT_ILLEGAL)
        sign()
        newer = log.note
        shutil.rmtree(log_folder)
        shutil.copytree(tmp_path / "backup", log_folder)
        own_log.mark_restored()
        own_log.forget_writer()
        with pytest.raises(IntegrityError, match="earlier state"):
            resuming.resume([newer])
        assert own_log.is_restored()
        with pytest.raises(Conflict):
            own_log.writer()

    def test_a_file_of_many_logs_names_ours(self, signed, log):
        others = f"another.example/log\n{log.note.split(chr(10), 1)[1]}"
        own_log.mark_restored()
        assert resuming.resume([f"{others}\n{log.note}"]).size == 4

    def test_somebody_has_to_be_asked_unless_nobody_ever_followed(self, signed):
        own_log.mark_restored()
        with pytest.raises(InputError):
            resuming.resume()
        assert resuming.resume(alone=True).size == 4

    def test_a_checkpoint_that_is_not_ours_is_none(self, signed, log):
        forged = log.note.replace("\n4\n", "\n3\n")
        with pytest.raises(IntegrityError):
            resuming.resume([forged])

    def test_the_words_follow_the_log(self, signed, log):
        Word.objects.all().delete()
        own_log.mark_restored()
        resuming.resume([log.note])
        assert Word.objects.count() == 4
