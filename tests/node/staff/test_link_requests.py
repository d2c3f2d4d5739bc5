"""Nobody gets into another's account by a link of their own making: two others must agree, and the owner sees it."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.test import Client
from node.conftest import PASSWORD
from node.staff.conftest import told

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.core.vocabulary import Role
from rempart.node.audit import services as audit
from rempart.node.staff import link_requests, services
from rempart.node.staff.models import Enrolment, LinkRequest, StaffMember

CHOSEN = {"password": PASSWORD, "again": PASSWORD}


def entered(person: StaffMember) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def asked(people, alma, clock, hours) -> int:
    """Adam asked for a new link to Ana's account."""
    people["ana"].last_login = hours.now()
    people["ana"].save()
    return link_requests.ask(people["adam"], "ana", "Phone lost")


def can_still_work(person: StaffMember) -> bool:
    fresh = StaffMember.objects.get(pk=person.pk)
    return fresh.check_password(PASSWORD) and Authenticator.objects.filter(user=person).exists()


class TestTwoPeople:
    def test_asking_changes_nothing_and_shows_no_link(self, people, alma, clock, log_in):
        ana = log_in("ana")
        adam = entered(people["adam"])
        page = adam.post(f"/staff/people/{people['ana'].pk}/enrol", {"anew-reason": "Phone lost"}, follow=True)
        assert b"/staff/enrol/" not in page.content
        assert b"Phone lost" in page.content
        assert not Enrolment.objects.exists()
        assert can_still_work(people["ana"])
        assert ana.get("/staff/queue/").status_code == 200
        assert told()[-1] == ("staff:link_asked", people["adam"].actor)

    def test_the_approver_alone_sees_the_link(self, asked, people, alma):
        adam, second = entered(people["adam"]), entered(alma)
        page = second.post(f"/staff/people/links/{asked}/approve")
        link = re.search(rb'id="link">http://testserver(/staff/enrol/[\w-]{43})<', page.content)[1].decode()
        assert page["Cache-Control"] == "no-store"
        for client in (adam, second):
            for path in ("/staff/people/", f"/staff/people/{people['ana'].pk}/"):
                assert link.encode() not in client.get(path).content
        assert not can_still_work(people["ana"])
        assert Client().post(link, CHOSEN)["Location"] == "/staff/set-up"
        (reset,) = audit.events(actions=["staff:enrolment_reset"])
        assert (reset.actor, reset.reason) == (alma.actor, "Phone lost")
        assert reset.data == {"request": asked, "asked_by": people["adam"].actor}

    def test_who_asked_does_not_approve(self, asked, people):
        page = entered(people["adam"]).post(f"/staff/people/links/{asked}/approve", follow=True)
        assert b"second person" in page.content
        assert b"/staff/enrol/" not in page.content
        assert can_still_work(people["ana"])

    def test_nor_does_the_account_s_owner(self, people, alma, clock):
        # Of two administrators neither could ask for the other's: nobody would be left to approve.
        StaffMember.objects.filter(username="ben").update(roles=["administrator"])
        number = link_requests.ask(people["adam"], "alma", "Phone lost")
        with pytest.raises(NotPermitted, match="own account"):
            link_requests.approve(alma, number)
        assert can_still_work(alma)

    @pytest.mark.parametrize("name", ["ana", "sacha", "aude"])
    def test_nor_anybody_without_the_permission(self, asked, people, name):
        with pytest.raises(NotPermitted):
            link_requests.approve(people[name], asked)
        with pytest.raises(NotPermitted):
            link_requests.ask(people[name], "ben", "Phone lost")

    def test_a_closed_administrator_s_request_counts_no_more(self, asked, people, alma):
        services.close_account("adam", "Left")
        with pytest.raises(Conflict, match="no administrator any more"):
            link_requests.approve(alma, asked)
        assert can_still_work(people["ana"])

    def test_nor_that_of_one_who_lost_the_role(self, asked, people, alma):
        services.change_roles("adam", [Role.STATISTICIAN], "Moved")
        with pytest.raises(Conflict):
            link_requests.approve(alma, asked)

    def test_an_account_closed_meanwhile_opens_no_more(self, asked, people, alma):
        services.close_account("ana", "Left")
        assert not link_requests.waiting()
        with pytest.raises(NotFound):
            link_requests.approve(alma, asked)
        assert not Enrolment.objects.exists()

    def test_it_is_approved_once(self, asked, alma, people):
        link_requests.approve(alma, asked)
        with pytest.raises(Conflict):
            link_requests.approve(alma, asked)
        assert Enrolment.objects.count() == 1

    def test_of_two_that_decide_at_once_one_is_told(self, asked, alma, people, monkeypatch):
        """Another process decided between our look and our decision."""
        real = link_requests.check_second_person

        def meanwhile(*numbers: int) -> None:
            real(*numbers)
            LinkRequest.objects.update(state="refused")

        monkeypatch.setattr(link_requests, "check_second_person", meanwhile)
        with pytest.raises(Conflict, match="meanwhile"):
            link_requests.approve(alma, asked)
        assert can_still_work(people["ana"])
        assert not Enrolment.objects.exists()

    def test_a_day_later_it_is_over(self, asked, alma, people, hours):
        hours.pass_(hours=24)
        assert link_requests.waiting() == []
        with pytest.raises(Conflict, match="too old"):
            link_requests.approve(alma, asked)
        assert [one.state for one in link_requests.about(people["ana"])] == ["expired"]
        again = link_requests.ask(people["adam"], "ana", "Phone still lost")
        link_requests.approve(alma, again)

    def test_approving_asks_again_who_one_is(self, asked, log_in, alma, hours):
        client = log_in("alma")
        hours.pass_(minutes=11)
        page = client.post(f"/staff/people/links/{asked}/approve")
        assert b"Is it still you?" in page.content
        assert not Enrolment.objects.exists()


class TestAsking:
    @pytest.mark.parametrize("reason", ["", "  "])
    def test_it_needs_a_reason(self, people, alma, clock, reason):
        with pytest.raises(InputError):
            link_requests.ask(people["adam"], "ana", reason)
        page = entered(people["adam"]).post(f"/staff/people/{people['ana'].pk}/enrol", {"anew-reason": reason})
        assert page.status_code == 422
        assert not LinkRequest.objects.exists()

    def test_one_at_a_time(self, asked, people, alma):
        with pytest.raises(Conflict, match="already"):
            link_requests.ask(alma, "ana", "Phone lost, too")
        with pytest.raises(IntegrityError), transaction.atomic():
            LinkRequest.objects.create(person=people["ana"], is_first=False, reason="x", asked_at=alma.created_at)

    def test_not_where_nobody_else_could_approve(self, people, clock):
        page = entered(people["adam"]).post(f"/staff/people/{people['ana'].pk}/enrol", {"anew-reason": "Phone lost"})
        assert page.status_code == 422
        assert b"rempart staff enrol" in page.content

    def test_nor_where_the_only_other_one_has_no_second_factor_yet(self, people, alma, clock):
        Authenticator.objects.filter(user=alma).delete()
        with pytest.raises(Conflict, match="no other administrator"):
            link_requests.ask(people["adam"], "ana", "Phone lost")

    def test_nor_for_the_only_other_one(self, people, alma, clock):
        with pytest.raises(Conflict, match="no other administrator"):
            link_requests.ask(people["adam"], "alma", "Phone lost")

    def test_who_asks_may_withdraw_and_others_refuse(self, asked, people, alma):
        entered(people["adam"]).post(f"/staff/people/links/{asked}/end")
        again = link_requests.ask(people["adam"], "ana", "Phone lost after all")
        entered(alma).post(f"/staff/people/links/{again}/end")
        assert told()[-3:] == [
            ("staff:link_withdrawn", people["adam"].actor),
            ("staff:link_asked", people["adam"].actor),
            ("staff:link_refused", alma.actor),
        ]
        with pytest.raises(Conflict):
            link_requests.approve(alma, again)
        assert can_still_work(people["ana"])

    @pytest.mark.parametrize("step", ["approve", "end"])
    def test_no_such_request(self, people, alma, clock, step):
        assert entered(alma).post(f"/staff/people/links/999/{step}").status_code == 404

    def test_administrators_see_what_waits_and_may_do(self, asked, people, alma):
        mine, others = (entered(one).get("/staff/people/").content for one in (people["adam"], alma))
        assert b"Phone lost" in mine
        assert b"Withdraw" in mine
        assert b"Approve and show" not in mine
        assert b"Approve and show" in others
        assert b"Refuse" in others


class TestNewAccounts:
    @pytest.fixture
    def proposed(self, people, alma, clock) -> int:
        return services.propose_person(people["adam"], "kim", [Role.ANALYST], "Kim New", "New analyst")

    def test_it_opens_when_a_second_person_approved(self, proposed, alma):
        (waiting,) = link_requests.waiting()
        assert (waiting.username, waiting.is_first) == ("kim", True)
        path = link_requests.approve(alma, proposed).path
        client = Client()
        assert client.post(path, CHOSEN)["Location"] == "/staff/set-up"
        assert b"A new link to your account" not in client.get("/staff/set-up").content
        assert "staff:enrolment_reset" not in {name for name, _ in told()}

    def test_who_proposed_it_has_no_way_in(self, proposed, people):
        with pytest.raises(NotPermitted):
            link_requests.approve(people["adam"], proposed)
        for password in ("", PASSWORD):
            page = Client().post("/staff/login", {"username": "kim", "password": password}).content
            assert b"do not belong together" in page

    def test_a_taken_name_leaves_nothing(self, people, alma, clock):
        with pytest.raises(Conflict, match="taken"):
            services.propose_person(people["adam"], "ana", [Role.ANALYST], "", "New analyst")
        assert not LinkRequest.objects.exists()


class TestThePersonConcerned:
    def test_sees_the_request_and_refuses_it(self, asked, people, alma, log_in):
        client = log_in("ana")
        page = client.get("/staff/queue/").content
        assert b"A new link to your account" in page
        page = client.get("/staff/account/").content
        assert b"Adam Administrator" in page
        assert b"Phone lost" in page
        client.post(f"/staff/account/links/{asked}/refuse")
        with pytest.raises(Conflict):
            link_requests.approve(alma, asked)
        assert told()[-1] == ("staff:link_refused", people["ana"].actor)

    def test_refuses_nobody_else_s(self, asked, people):
        assert entered(people["ben"]).post(f"/staff/account/links/{asked}/refuse").status_code == 404
        with pytest.raises(NotPermitted):
            link_requests.end(people["ben"], asked)
        assert link_requests.waiting()

    def test_is_told_after_a_reset_until_they_say_that_they_know(self, asked, people, alma):
        client = Client()
        client.post(link_requests.approve(alma, asked).path, CHOSEN)
        assert b"A new link to your account" in client.get("/staff/set-up").content
        client.force_login(StaffMember.objects.get(username="ana"))
        page = client.get("/staff/account/").content
        for words in (b"Adam Administrator", b"Alma Administrator", b"I know of these"):
            assert words in page
        client.post("/staff/account/links/known")
        assert told()[-1] == ("staff:reset_noted", people["ana"].actor)
        page = client.get("/staff/account/").content
        assert b"I know of these" not in page
        assert b"Alma Administrator" in page
        assert not link_requests.to_tell(people["ana"])

    def test_is_told_of_a_command_and_of_who_ran_it(self, people, clock, hours, log_in):
        people["ana"].last_login = hours.now()
        people["ana"].save()
        log_in("ana")
        path = services.enrol_anew("ana", "Phone lost", operator="rempart for olga").path
        client = Client()
        client.post(path, CHOSEN)
        assert b"A new link to your account" in client.get("/staff/set-up").content
        client.force_login(StaffMember.objects.get(username="ana"))
        assert b"rempart for olga" in client.get("/staff/account/").content

    def test_saying_so_twice_is_one_event(self, asked, people):
        for _ in range(2):
            link_requests.acknowledge(people["ana"])
        assert [name for name, _ in told()].count("staff:reset_noted") == 1

    def test_others_are_told_nothing(self, asked, people, log_in):
        client = log_in("ben")
        assert b"new link" not in client.get("/staff/queue/").content
        assert b"Phone lost" not in client.get("/staff/account/").content


def test_a_command_ends_a_request_that_waits(asked, people, alma):
    services.enrol_anew("ana", "Phone lost, on the machine", operator="olga")
    with pytest.raises(Conflict):
        link_requests.approve(alma, asked)
    assert [one.state for one in link_requests.about(people["ana"])] == ["approved", "withdrawn"]


def test_old_requests_are_forgotten_and_the_events_stay(asked, people, hours):
    hours.pass_(days=364)
    link_requests.forget_old()
    assert LinkRequest.objects.exists()
    hours.pass_(days=2)
    link_requests.forget_old()
    assert not LinkRequest.objects.exists()
    assert ("staff:link_asked", people["adam"].actor) in told()
