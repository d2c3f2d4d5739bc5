"""The pages of retention as the people who work with them see them."""

import pytest
from node.retention.conftest import ALL, NOTHING, add_message, days, holdings

from rempart.core.redaction import MARK
from rempart.core.retention import Version
from rempart.node.intake import services as intake
from rempart.node.intake.models import Message, Report
from rempart.node.retention import running
from rempart.node.retention.models import ErasureRequest, PreservationHold

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(closed) -> Report:
    return Report.objects.get(pk=closed())


def text_of(answer) -> str:
    return answer.content.decode()


class TestOverview:
    def test_it_says_what_to_do_before_anybody_looked(self, as_):
        page = text_of(as_("aude").get("/staff/retention/"))
        assert "Nobody has looked yet" in page
        assert "rempart retention run --dry-run" in page

    def test_it_shows_counts_rules_and_the_next_date(self, as_, report, clock):
        clock.advance(days=50)
        running.keep_survey(running.survey())
        page = text_of(as_("aude").get("/staff/retention/"))
        assert "report_files-rule" in page
        assert "2026-06-10" in page
        assert "For a test." in page
        assert report.reference not in page

    def test_what_a_role_may_not_do_is_not_offered(self, as_):
        offered = {
            name: [part for part in ("requests/", "holds/", "redaction/") if f"/staff/retention/{part}" in page]
            for name in ("aude", "adam", "vera", "luis", "sacha")
            for page in [text_of(as_(name).get("/staff/retention/"))]
        }
        assert offered == {
            "aude": [],
            "adam": [],
            "vera": ["requests/", "redaction/"],
            "luis": ["requests/", "holds/"],
            "sacha": ["requests/", "holds/", "redaction/"],
        }

    def test_rules_that_begin_later_are_told(self, as_, settings):
        settings.RETENTION_RULES = type(settings.RETENTION_RULES)(
            (
                *settings.RETENTION_RULES.versions,
                Version(running.clock().now().date() + days(500), ()),
            )
        )
        assert "Another version follows on" in text_of(as_("aude").get("/staff/retention/"))


ASKED = {"subject": "suspect", "basis": "gdpr_17", "reason": "A letter of the person."}


class TestRequests:
    def test_from_asking_to_erased(self, as_, report):
        asked = as_("vera").post("/staff/retention/requests/new", {**ASKED, "reference": report.reference})
        number = ErasureRequest.objects.get().pk
        assert asked["Location"] == f"/staff/retention/requests/{number}"
        mine = text_of(as_("vera").get(asked["Location"]))
        assert "You asked for it: a colleague decides." in mine
        assert "Erase for good" not in mine
        theirs = text_of(as_("luis").get(asked["Location"]))
        assert "Erase for good" in theirs
        assert report.reference in theirs
        assert "Request" in text_of(as_("luis").get("/staff/retention/requests/"))
        done = as_("luis").post(
            f"{asked['Location']}/decide", {"decision": "approve", "reason": "Checked."}, follow=True
        )
        assert "1 report is erased." in text_of(done)
        assert "Luis Liaison" in text_of(done)
        assert holdings(report.pk) == NOTHING

    def test_a_refusal_erases_nothing(self, as_, report):
        as_("vera").post("/staff/retention/requests/new", {**ASKED, "reference": report.reference})
        where = f"/staff/retention/requests/{ErasureRequest.objects.get().pk}"
        page = as_("sacha").post(f"{where}/decide", {"decision": "refuse", "reason": "Not in it."}, follow=True)
        assert "Refused" in text_of(page)
        assert holdings(report.pk) == ALL

    def test_a_hold_is_named_with_who_can_release_it(self, as_, report, people, clock):
        as_("luis").post(
            "/staff/retention/holds/place",
            {"reference": report.reference, "deadline": "2026-05-01", "reason": "Letter 3"},
        )
        as_("vera").post("/staff/retention/requests/new", {**ASKED, "reference": report.reference})
        where = f"/staff/retention/requests/{ErasureRequest.objects.get().pk}"
        told = f"{report.reference}: a preservation hold stands until 2026-05-01; Luis Liaison can release it."
        assert told in text_of(as_("sacha").get(where))
        refused = as_("sacha").post(f"{where}/decide", {"decision": "approve", "reason": "Checked."})
        assert refused.status_code == 409
        assert "holds keep this data" in text_of(refused)
        assert "Checked." in text_of(refused)
        assert holdings(report.pk) == ALL

    @pytest.mark.parametrize(
        ("given", "status"),
        [
            ({}, 422),
            ({**ASKED}, 422),
            ({**ASKED, "reference": "R26-ABCD2345"}, 422),
            ({**ASKED, "basis": "because", "reference": "R26-ABCD2345"}, 422),
            ({**ASKED, "service": "Example Chat", "account": "nobody-of-that-name"}, 422),
            ({**ASKED, "subject": "reporter", "receipt": "0123-4567-89AB-CDEF"}, 422),
        ],
    )
    def test_what_cannot_be_done_is_said_and_what_was_typed_stays(self, as_, given, status):
        page = as_("sacha").post("/staff/retention/requests/new", given)
        assert page.status_code == status
        assert 'role="alert"' in text_of(page)
        assert given.get("reason", "") in text_of(page)
        assert not ErasureRequest.objects.exists()

    def test_deciding_without_a_button_reason_or_right(self, as_, report):
        as_("sacha").post("/staff/retention/requests/new", {**ASKED, "reference": report.reference})
        where = f"/staff/retention/requests/{ErasureRequest.objects.get().pk}/decide"
        assert as_("luis").post(where, {"reason": "Checked."}).status_code == 422
        assert as_("luis").post(where, {"decision": "approve", "reason": " "}).status_code == 422
        assert as_("sacha").post(where, {"decision": "approve", "reason": "I ask and decide."}).status_code == 403
        assert as_("vera").post(where, {"decision": "approve", "reason": "Checked."}).status_code == 403
        unknown = as_("luis").post("/staff/retention/requests/987654/decide", {"decision": "refuse", "reason": "x"})
        assert unknown.status_code == 404
        assert holdings(report.pk) == ALL


class TestHolds:
    def test_placed_extended_and_released(self, as_, report):
        luis = as_("luis")
        placed = {"reference": report.reference, "deadline": "2026-05-01", "reason": "Letter 3"}
        page = text_of(luis.post("/staff/retention/holds/place", placed, follow=True))
        assert f"Report {report.reference}" in page
        assert "Letter 3" in page
        hold = PreservationHold.objects.get()
        where = f"/staff/retention/holds/{hold.pk}"
        page = text_of(luis.post(f"{where}/extend", {"deadline": "2026-06-01", "reason": "Letter 5"}, follow=True))
        assert "Letter 5" in page
        assert luis.post(f"{where}/extend", {"deadline": "2026-05-15", "reason": "Less"}).status_code == 422
        assert luis.post(f"{where}/extend", {"deadline": "soon", "reason": ""}).status_code == 422
        assert as_("sacha").post(f"{where}/release").status_code == 403
        assert "No hold stands" in text_of(luis.post(f"{where}/release", follow=True))
        assert luis.post(f"{where}/release").status_code == 409
        assert luis.post("/staff/retention/holds/987654/release").status_code == 404

    def test_on_a_case(self, as_, report):
        number = intake.content_ids_of(report.pk)[0]
        placed = {"case": str(number), "deadline": "2026-05-01", "reason": "Letter 3"}
        page = text_of(as_("luis").post("/staff/retention/holds/place", placed, follow=True))
        assert f"Case {number}" in page

    @pytest.mark.parametrize(
        "changed", [{"deadline": "2020-01-01"}, {"reference": "R26-ABCD2345"}, {"case": "1"}, {"reason": ""}]
    )
    def test_what_is_wrong_is_said(self, as_, report, changed):
        given = {"reference": report.reference, "deadline": "2026-05-01", "reason": "Letter 3", **changed}
        page = as_("luis").post("/staff/retention/holds/place", given)
        assert page.status_code == 422
        assert 'role="alert"' in text_of(page)
        assert not PreservationHold.objects.exists()


class TestRedaction:
    @pytest.fixture
    def message(self, report) -> Message:
        return add_message(report, "It was sent by Example Person.")

    def test_from_finding_a_text_to_its_mark(self, as_, report, message):
        sacha = as_("sacha")
        found = text_of(sacha.get("/staff/retention/redaction/", {"report": report.reference}))
        where = f"/staff/retention/redaction/message/{message.pk}"
        assert where in found
        assert "Example Person" not in found
        asks = text_of(sacha.get(where))
        assert "Why do you read it?" in asks
        assert "Example Person" not in asks
        read = text_of(sacha.post(f"{where}/read", {"reason": "To redact a name"}))
        assert "It was sent by Example Person." in read
        given = {"passage": "Example Person", "ground": "uninvolved_person", "reason": "Uninvolved."}
        assert "removed for good" in text_of(sacha.post(f"{where}/redact", given, follow=True))
        again = text_of(sacha.post(f"{where}/read", {"reason": "To look again"}))
        assert f"It was sent by {MARK}." in again
        assert [text for _, text in intake.read_messages(report.pk)][-1] == f"It was sent by {MARK}."

    def test_what_is_wrong_is_said(self, as_, report, message):
        sacha, where = as_("sacha"), f"/staff/retention/redaction/message/{message.pk}"
        assert sacha.get("/staff/retention/redaction/", {"report": "R26-ABCD2345"}).status_code == 422
        assert sacha.post(f"{where}/read").status_code == 422
        given = {"passage": "Somebody Else", "ground": "uninvolved_person", "reason": "Uninvolved."}
        page = sacha.post(f"{where}/redact", given)
        assert page.status_code == 422
        assert "does not hold this passage" in text_of(page)
        assert sacha.post(f"{where}/redact", {"passage": "Example"}).status_code == 422
        for path in ("message/987654", "diary/1"):
            assert sacha.post(f"/staff/retention/redaction/{path}/read", {"reason": "To look"}).status_code == 404
        assert sacha.get("/staff/retention/redaction/diary/1").status_code == 404
