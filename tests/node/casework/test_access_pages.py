"""A restricted case on every page: those to whom it is closed read its number, and nothing else of it."""

import pytest
from django.db import transaction
from django.urls import get_resolver
from node.casework.pages import at, text
from node.staff.test_every_page import PAGES
from outside_world import decided  # noqa: F401

from rempart.core.routing import Route
from rempart.core.vocabulary import RouteKind
from rempart.node.casework import access, holds, queue
from rempart.node.casework.models import Content
from rempart.node.intake.models import Report
from rempart.node.notices import services as notices
from rempart.node.referrals import services as referrals

HOST = "very-special-host"
POLICE = Route(RouteKind.POLICE, "FR", "police", "it concerns this country", notify_host=False)


@pytest.fixture
def closed(decided, people, clock):  # noqa: F811
    """A decided address with notice, referrals and an overdue hold; closed to all but Serge, who is no one of the
    cast, and what of it must be read nowhere."""
    from rempart.core.vocabulary import Role
    from rempart.node.staff.models import StaffMember

    serge = StaffMember.objects.create_user("serge", "correct horse battery staple", [Role.SENIOR_ANALYST], "Serge")
    content = decided(f"http://{HOST}.example/secret-path")
    with transaction.atomic():
        notices.queue(content, "FR")
        referrals.propose_content(content, POLICE)
        referrals.propose_person(Report.objects.get(items__content=content).pk, POLICE)
    holds.place(people["luis"], content, clock.now().replace(year=2027), "secret request")
    clock.moment = clock.now().replace(year=2028)
    access.restrict(serge, content, "secret reason")
    return content


def addresses(content: int) -> list[str]:
    """Every staff page that is read, with the numbers of what is restricted where a number is asked for."""
    from rempart.node.notices.models import Notice
    from rempart.node.referrals.models import Referral

    found = []
    for name, path, _ in PAGES:
        if name.partition(":")[0] == "notices":
            found += [path.replace("987654", str(number)) for number in Notice.objects.values_list("pk", flat=True)]
        elif name.partition(":")[0] == "referrals":
            found += [path.replace("987654", str(number)) for number in Referral.objects.values_list("pk", flat=True)]
        else:
            found.append(path.replace("987654", str(content)))
    return sorted(set(found))


@pytest.mark.parametrize("name", ["ana", "ben", "sacha", "luis", "vera", "lin", "stan", "aude", "adam"])
def test_no_page_tells_more_than_that_it_exists(closed, enter, name):
    assert get_resolver()
    browser = enter(name)
    for path in addresses(closed):
        for answer in (browser.get(path), browser.client.get(path + "?q=secret&host=" + HOST)):
            html = answer.content.decode() if not answer.streaming else ""
            words = html.replace("host=" + HOST, "")
            assert HOST not in words, path
            assert "secret-path" not in words, path
            assert "secret request" not in words, path
            assert "secret reason" not in words, path


def test_its_own_page_says_that_it_exists(closed, enter):
    for name in ("ana", "sacha", "luis", "vera"):
        answer = enter(name).get(at(closed))
        assert answer.status_code == 403
        assert f"C-{closed}" in text(answer)
        assert "restricted: it exists" in text(answer)


@pytest.mark.parametrize("act", ["claim", "hand-back", "assess", "take-back", "show", "hold", "release", "lift"])
def test_no_act_tells_more(closed, enter, act):
    answer = enter("sacha").post(at(closed, act), {"level": "1", "reason": "a reason"}, follow=True)
    assert HOST not in answer.content.decode()
    assert "secret" not in answer.content.decode()


def test_notices_and_referrals_about_it_do_not_exist_for_others(closed, enter):
    from rempart.node.notices.models import Notice
    from rempart.node.referrals.models import Referral

    browser = enter("sacha")
    for path in [f"/staff/notices/{Notice.objects.get().pk}/"] + [
        f"/staff/referrals/{row.pk}/" for row in Referral.objects.all()
    ]:
        assert browser.get(path).status_code == 404, path
    proposed = Referral.objects.get(state="proposed").pk
    given = {"decision": "forward", "reason": "a reason", "legal_basis": "Art. 1"}
    assert browser.post(f"/staff/referrals/{proposed}/decide", given).status_code == 404
    assert Referral.objects.get(pk=proposed).state == "proposed"
    assert browser.post(f"/staff/notices/{Notice.objects.get().pk}/acknowledge").status_code == 404


class TestForms:
    @pytest.fixture
    def address(self, submit, work) -> int:
        submit(("url", "https://host.example/one"))
        work()
        return Content.objects.get().pk

    def test_restrict_lift_and_break_by_forms(self, address, enter, people):
        sacha, luis = enter("sacha"), enter("luis")
        page = sacha.get(at(address))
        assert "Restrict this case" in text(page)
        given = {"restrict-reason": "it concerns us", "restrict-people": [str(people["ben"].pk)], "restrict-role": ""}
        answer = sacha.post(at(address, "restrict"), given, follow=True, page=at(address))
        assert "Others see that the case exists and nothing else" in text(answer)
        assert "Sacha Senior, Ben Analyst" in text(answer)
        assert "host[.]example" in text(enter("ben").get(at(address)))
        assert enter("ana").get(at(address)).status_code == 403
        assert "Open it all the same" not in text(enter("ana").get(at(address)))
        without = luis.post(at(address, "break-glass"), {"reason": " "}, page=at(address))
        assert without.status_code == 422
        assert "host[.]example" not in text(without)
        opened = luis.post(at(address, "break-glass"), {"reason": "danger"}, page=at(address), follow=True)
        assert "host[.]example" in text(opened)
        told = text(sacha.get("/staff/queue/"))
        assert "Restricted cases of yours that somebody opened" in told
        assert "Luis Liaison" in told
        assert "danger" in told
        sacha.post(at(address, "note-opening"))
        assert "somebody opened" not in text(sacha.get("/staff/queue/"))
        sacha.post(at(address, "lift"), {"reason": "over"}, page=at(address))
        assert enter("ana").get(at(address)).status_code == 200

    def test_without_a_reason_nothing_is_restricted(self, address, enter):
        answer = enter("sacha").post(at(address, "restrict"), {"restrict-reason": ""}, page=at(address), follow=True)
        assert "it needs a reason" in text(answer)
        assert enter("ana").get(at(address)).status_code == 200

    def test_an_analyst_is_not_offered_it(self, address, enter, people):
        queue.claim(people["ana"], address)
        assert "Restrict this case" not in text(enter("ana").get(at(address)))
