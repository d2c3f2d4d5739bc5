"""Decisions become signals: what is said, what is not, and what is taken back."""

import pytest
from node.exchange.conftest import BASELINE, HARMLESS, NATIONAL

from rempart.core.vocabulary import FingerprintType, Legality
from rempart.exchange.signals import Action, Reason, SignalBasis
from rempart.node.casework.models import Fingerprint
from rempart.node.exchange.models import Outgoing, Subject, Word

ALL = {"md5", "sha1", "sha256", "pdq"}


def rows(state: str = "waiting") -> list[Outgoing]:
    return list(Outgoing.objects.filter(state=state).order_by("pk"))


class TestWhatIsSaid:
    def test_a_confirmed_file_is_said_by_each_of_its_fingerprints(self, file, decide, people):
        content = file()
        decide(content, BASELINE, "ana", "sacha")
        said = rows()
        assert {row.kind for row in said} == ALL
        assert {(row.action, row.category, row.basis, row.verifiers) for row in said} == {
            (Action.ADD, "baseline", SignalBasis.OWN_ANALYSIS, 2)
        }
        assert {row.content for row in said} == {Subject.objects.get(content=content).number}

    def test_one_person_s_decision_counts_one(self, file, decide):
        decide(file(), NATIONAL)
        assert {(row.category, row.verifiers) for row in rows()} == {("national", 1)}

    def test_of_three_those_count_who_agreed(self, file, decide, second_senior, people):
        people["serge"] = second_senior
        content = file()
        decide(content, BASELINE, "ana")
        decide(content, HARMLESS, "sacha")
        decide(content, BASELINE, "serge")
        assert {row.verifiers for row in rows()} == {2}

    def test_not_before_the_second_look(self, file, decide):
        decide(file(), BASELINE, "ana")
        assert rows() == []

    def test_not_before_the_time_to_undo_is_over(self, file, decide, settings, clock, work):
        settings.UNDO_SECONDS = 60
        decide(file(), NATIONAL)
        work()
        assert rows() == []
        clock.advance(seconds=61)
        work()
        assert len(rows()) == 4

    def test_a_match_on_a_list_is_never_echoed(self, file, listed):
        content = file(4)
        value = bytes(Fingerprint.objects.get(content=content, kind="sha256").value).hex()
        Fingerprint.objects.all()
        listed("others", "baseline", {FingerprintType.SHA256: value})
        assert Outgoing.objects.count() == 0

    def test_not_a_pdq_of_low_quality(self, file, decide):
        content = file()
        Fingerprint.objects.filter(content=content, kind="pdq").update(quality=49)
        decide(content, NATIONAL)
        assert {row.kind for row in rows()} == ALL - {"pdq"}

    def test_lawful_content_is_not_said(self, file, decide):
        decide(file(), HARMLESS)
        assert Outgoing.objects.count() == 0


class TestLater:
    @pytest.fixture
    def signed(self, file, decide, sign) -> int:
        content = file()
        decide(content, NATIONAL)
        sign()
        assert rows() == []
        return content

    @pytest.mark.parametrize(
        ("legality", "reason"),
        [(Legality.NOT_ILLEGAL, Reason.LAWFUL), (Legality.UNDETERMINED, Reason.MISTAKE)],
    )
    def test_another_result_withdraws(self, signed, decide_again, legality, reason):
        decide_again(signed, legality)
        assert {row.kind for row in rows()} == ALL
        assert {(row.action, row.reason) for row in rows()} == {(Action.WITHDRAW, reason)}

    def test_another_category_corrects(self, signed, decide_again):
        decide_again(signed, Legality.BASELINE)
        assert {(row.action, row.category) for row in rows()} == {(Action.CORRECT, "baseline")}

    def test_the_same_again_says_nothing(self, signed, decide_again):
        decide_again(signed, Legality.NATIONAL)
        assert rows() == []

    def test_what_was_never_said_is_dropped_instead(self, file, decide, decide_again):
        content = file()
        decide(content, NATIONAL)
        decide_again(content, Legality.NOT_ILLEGAL)
        assert rows() == []
        assert len(rows("dropped")) == 4

    def test_the_last_word_waits_alone(self, signed, decide_again):
        """Else the order within a batch could bring an earlier one to the end."""
        decide_again(signed, Legality.NOT_ILLEGAL)
        decide_again(signed, Legality.NATIONAL)
        assert rows() == []
        decide_again(signed, Legality.BASELINE)
        assert {row.action for row in rows()} == {Action.CORRECT}
        assert len(rows()) == 4

    def test_listed_again_after_a_withdrawal(self, signed, decide_again, sign):
        decide_again(signed, Legality.NOT_ILLEGAL)
        sign()
        decide_again(signed, Legality.NATIONAL)
        assert {row.action for row in rows()} == {Action.ADD}


class TestDisputes:
    @pytest.fixture
    def listed_elsewhere(self, clock) -> object:
        def put(content_id: int, action: Action = Action.ADD) -> None:
            for one in Fingerprint.objects.filter(content=content_id):
                Word.objects.create(
                    origin="other.example/log",
                    kind=one.kind,
                    value=one.value,
                    action=action,
                    content=7,
                    at=clock.now(),
                    category="baseline",
                    basis="own_analysis",
                    verifiers=1,
                    log_index=1,
                )

        return put

    def test_lawful_here_and_listed_there_is_proposed_and_not_sent(self, file, decide, sign, listed_elsewhere, log):
        content = file()
        listed_elsewhere(content)
        decide(content, HARMLESS)
        assert {(row.action, row.reason) for row in rows("proposed")} == {(Action.DISPUTE, Reason.LAWFUL)}
        sign()
        assert log.signals() == []

    def test_a_person_sends_it(self, file, decide, sign, listed_elsewhere, log, people, told):
        from rempart.node.exchange import opinions

        content = file()
        listed_elsewhere(content)
        decide(content, HARMLESS)
        assert opinions.dispute(people["lin"], content) == 4
        sign()
        assert {one.action for one in log.signals()} == {Action.DISPUTE}
        assert told("signal:disputed") == [("signal:disputed", f"content:{content}", {"signals": 4})]

    def test_what_others_list_later_is_proposed_too(self, file, decide, listed_elsewhere):
        from rempart.node.exchange import opinions

        content = file()
        decide(content, HARMLESS)
        listed_elsewhere(content)
        said = [(FingerprintType(one.kind), bytes(one.value)) for one in Fingerprint.objects.filter(content=content)]
        assert opinions.note_listed(said) == 4
        assert opinions.note_listed(said) == 0

    def test_deciding_it_illegal_drops_the_proposal(self, file, decide, decide_again, listed_elsewhere):
        content = file()
        listed_elsewhere(content)
        decide(content, HARMLESS)
        decide_again(content, Legality.NATIONAL)
        assert rows("proposed") == []
        assert {row.action for row in rows()} == {Action.ADD}
