"""Erasure of one person's data: two people, a reason, a legal basis, and no hold."""

import pytest
from django.conf import settings
from node.retention.conftest import ALL, NOTHING, days, holdings

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.core.retention import LegalBasis
from rempart.node.audit import services as audit
from rempart.node.casework import holds as police
from rempart.node.intake import receipts
from rempart.node.intake import services as intake
from rempart.node.intake.models import Report
from rempart.node.retention import holds, requests
from rempart.node.retention.models import ErasureRequest
from rempart.node.retention.requests import Named, Subject

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

CODE = "0123456789ABCDEF"
REASON = "The reporter wrote on paper and showed the receipt."


@pytest.fixture
def ask(people):
    def do(person: str = "vera", subject: Subject = Subject.SUSPECT, reason: str = REASON, **named) -> int:
        return requests.ask(people[person], subject, Named(**named), LegalBasis.GDPR_17, reason)

    return do


def reference(report_id: int) -> str:
    return Report.objects.get(pk=report_id).reference


def give_receipt(report_id: int) -> None:
    digest = receipts.digest(settings.HOME.keys.lookup, CODE)
    Report.objects.filter(pk=report_id).update(receipt_digest=digest)


class TestAsking:
    def test_a_reporter_is_found_by_the_receipt_as_a_person_writes_it(self, ask, closed):
        report = closed()
        give_receipt(report)
        number = ask(subject=Subject.REPORTER, receipt="o123-4567 89ab-cdef")
        assert requests.references(number) == [reference(report)]

    def test_an_account_leads_to_every_report_that_names_it(self, ask, closed, submit, work):
        first = closed(7)
        second = submit(("account", "made-up-7"), ("url", "https://other.example/"))
        submit(("account", "made-up-8"))
        work()
        number = ask(account=("Example Chat", "@made-up-7"))
        assert requests.references(number) == [reference(first), reference(second)]

    @pytest.mark.parametrize(
        ("subject", "named"),
        [
            (Subject.SUSPECT, {}),
            (Subject.SUSPECT, {"reference": "R26-ABCD2345", "account": ("Example Chat", "one")}),
            (Subject.SUSPECT, {"receipt": CODE}),
            (Subject.PLATFORM_USER, {"receipt": CODE}),
            (Subject.REPORTER, {"reference": "R26-ABCD2345"}),
            (Subject.REPORTER, {"receipt": "0123"}),
            (Subject.SUSPECT, {"account": ("", "one")}),
        ],
    )
    def test_reports_are_named_in_one_fitting_way(self, ask, subject, named):
        with pytest.raises(InputError):
            ask(subject=subject, **named)
        assert not ErasureRequest.objects.exists()

    @pytest.mark.parametrize(
        "named", [{"reference": "R26-ABCD2345"}, {"account": ("Example Chat", "nobody")}, {"receipt": CODE}]
    )
    def test_what_names_nothing_is_not_found_and_not_repeated(self, ask, named):
        subject = Subject.REPORTER if "receipt" in named else Subject.SUSPECT
        with pytest.raises(NotFound) as refused:
            ask(subject=subject, **named)
        assert "nobody" not in str(refused.value)
        assert CODE not in str(refused.value)

    def test_it_needs_a_reason_and_the_role(self, ask, closed):
        report = closed()
        with pytest.raises(InputError, match="reason"):
            ask(reference=reference(report), reason="  ")
        for person in ("ana", "lin", "aude", "adam", "stan"):
            with pytest.raises(NotPermitted):
                ask(person, reference=reference(report))

    def test_nothing_of_how_it_was_named_is_kept(self, ask, closed, told):
        report = closed(7)
        give_receipt(report)
        ask(subject=Subject.REPORTER, receipt=CODE)
        ask(account=("Example Chat", "made-up-7"))
        stored = str(list(ErasureRequest.objects.values())) + str(told("erasure:"))
        assert CODE not in stored
        assert "made-up-7" not in stored
        assert all(REASON not in fact.reason for fact in audit.events())
        assert told("erasure:")[0][2] == {"subject": "reporter", "basis": "gdpr_17", "reports": 1}


class TestDeciding:
    def test_another_person_approves_and_all_of_it_is_gone(self, ask, closed, people, told, vault_is_clean):
        report, other = closed(1), closed(2)
        number = ask(reference=reference(report))
        assert holdings(report) == ALL
        assert requests.approve(people["sacha"], number, "Checked with the liaison.") == 1
        assert (holdings(report), holdings(other)) == (NOTHING, ALL)
        found = requests.get(number)
        assert (found.state, found.decided_by) == ("approved", "Sacha Senior")
        assert told("report:erased") == [
            ("report:erased", f"report:{report}", {"request": number, "files": 1, "originals": 1, "messages": 1})
        ]
        vault_is_clean()
        audit.verify()

    def test_who_asked_does_not_decide(self, ask, closed, people):
        report = closed()
        number = ask("sacha", reference=reference(report))
        for decide in (requests.approve, requests.refuse):
            with pytest.raises(NotPermitted, match="who asked"):
                decide(people["sacha"], number, "I am sure.")
        assert holdings(report) == ALL

    @pytest.mark.parametrize("person", ["ana", "vera", "lin", "stan", "aude", "adam"])
    def test_it_needs_the_role(self, ask, closed, people, person):
        number = ask("luis", reference=reference(closed()))
        with pytest.raises(NotPermitted):
            requests.approve(people[person], number, "Because.")

    def test_it_needs_a_reason_and_is_decided_once(self, ask, closed, people):
        report = closed()
        number = ask(reference=reference(report))
        with pytest.raises(InputError):
            requests.approve(people["sacha"], number, "")
        requests.refuse(people["sacha"], number, "The person is not named in it.")
        assert holdings(report) == ALL
        with pytest.raises(Conflict, match="decided already"):
            requests.approve(people["luis"], number, "Now.")
        with pytest.raises(NotFound):
            requests.approve(people["luis"], 987654, "Now.")

    def test_an_open_report_may_be_erased_but_not_while_it_is_taken_in(self, ask, submit, work, people):
        report = submit(("url", "https://host.example/"), files=[b"a made-up file"])
        number = ask(reference=reference(report))
        with pytest.raises(Conflict, match="being taken in"):
            requests.approve(people["sacha"], number, "Checked.")
        work()
        requests.approve(people["sacha"], number, "Checked.")
        work()
        assert holdings(report) == NOTHING
        assert Report.objects.get(pk=report).state != "closed"

    def test_what_was_erased_meanwhile_is_not_erased_again(self, ask, closed, people, told):
        report = closed()
        first, second = ask(reference=reference(report)), ask(reference=reference(report))
        assert requests.approve(people["sacha"], first, "Checked.") == 1
        assert requests.approve(people["sacha"], second, "Checked.") == 0
        assert len(told("report:erased")) == 1
        with pytest.raises(Conflict, match="erased already"):
            ask(reference=reference(report))


class TestHoldsStandInTheWay:
    def test_a_police_hold_refuses_it_and_says_who_can_release_it(self, ask, closed, people, clock):
        report = closed()
        content = intake.content_ids_of(report)[0]
        police.place(people["luis"], content, clock.now() + days(5), "Request 7")
        number = ask(reference=reference(report))
        with pytest.raises(Conflict) as refused:
            requests.approve(people["sacha"], number, "Checked.")
        told = str(refused.value)
        assert f"{reference(report)}: a police hold stands until 2026-03-07; Luis Liaison can release it" in told
        assert "Request 7" not in told
        assert holdings(report) == ALL
        assert requests.get(number).state == "requested"
        # Past its day a police hold still stands and is still its owner's.
        clock.advance(days=6)
        with pytest.raises(Conflict, match=r"Luis Liaison can release it"):
            requests.approve(people["sacha"], number, "Checked.")
        police.release(people["luis"], content)
        assert requests.approve(people["sacha"], number, "Checked.") == 1

    def test_a_preservation_hold_too_and_past_its_day_others_may_release_it(self, ask, closed, people, clock):
        report = closed()
        hold = holds.place(people["luis"], clock.now() + days(5), "Letter 3", reference=reference(report))
        number = ask(reference=reference(report))
        with pytest.raises(Conflict, match="preservation hold stands until 2026-03-07; Luis Liaison can release it"):
            requests.approve(people["sacha"], number, "Checked.")
        clock.advance(days=6)
        assert "anybody who may place one" in str(requests.obstacles(number)[0])
        with pytest.raises(Conflict, match="anybody who may place one"):
            requests.approve(people["sacha"], number, "Checked.")
        holds.release(people["sacha"], hold)
        assert requests.obstacles(number) == []
        assert requests.approve(people["sacha"], number, "Checked.") == 1

    def test_one_held_report_of_many_keeps_them_all(self, ask, closed, submit, work, people, clock):
        first = closed(7)
        submit(("account", "made-up-7"))
        work()
        holds.place(people["luis"], clock.now() + days(5), "Letter 3", reference=reference(first))
        number = ask(account=("Example Chat", "made-up-7"))
        with pytest.raises(Conflict):
            requests.approve(people["sacha"], number, "Checked.")
        assert holdings(first) == ALL
