"""Every public address under anything a visitor could send: an answer, never a failure, and no half of a report.

The addresses come from the URL map, the names of fields from the pages themselves.
"""

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from node.intake.public_walk import SAME_ORIGIN, Walk
from node.stored import stored
from url_maps import addresses

from rempart.node.intake.models import Original, Report, ReportItem

pytestmark = pytest.mark.django_db
PUBLIC = [path for path in addresses("public") if path.startswith("/en/")]
FORMS = ["/en/report/", "/en/me/", "/en/young/", "/en/receipt/", "/en/receipt/file/"]
fuzzed = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NAMES = [
    "action", "at", "ticket", "code", "text", "what", "addresses", "danger", "service", "name", "comment", "age",
    "when", "language", "csrfmiddlewaretoken", "step", "position",
]  # fmt: skip
VALUES = [
    "", " ", "\0", "a\0b", "\ud800", "\u202e", "next", "back", "send", "go-", "go-1", "go--1", "go-99999999999",
    "go-x", "message", "addresses", "https://pictures.example/a", "https://pictures.example/" + "a" * 9000,
    "http://[::1", "ftp://x", "javascript:alert(1)", "a@b.example", "0000-00-00", "9999-12-31", "1e999", "-1",
    "<script>", "'; DROP TABLE intake_report; --", "%00", "%n%s", "{{ 7 }}", "0123-4567-89AB-CDEF", "A" * 100_000,
    "\u0661\u0662", "\n".join(f"https://a.example/{number}" for number in range(300)),
]  # fmt: skip
values = st.sampled_from(VALUES) | st.text(max_size=40)
fields = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), st.lists(values, min_size=1, max_size=2))


def encodable(given: dict[str, list[str]]) -> dict[str, list[str]]:
    """A lone surrogate cannot be written in UTF-8; what comes instead is what a browser would send."""
    return {
        name.encode("utf-8", "replace").decode(): [value.encode("utf-8", "replace").decode() for value in sent]
        for name, sent in given.items()
    }


def check(client: Client, method: str, *args, **kwargs) -> int:
    before = stored()
    answer = getattr(client, method)(*args, **kwargs)
    assert answer.status_code < 500, answer.status_code
    after = stored()
    if after != before:
        grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
        assert answer.status_code == 200
        assert {"intake_report", "intake_original", "audit_event"} <= set(grown) or "intake_message" in grown, grown
    return answer.status_code


@pytest.fixture
def visitor() -> Client:
    return Client(headers=SAME_ORIGIN, raise_request_exception=False)


@fuzzed
@given(path=st.sampled_from(PUBLIC), given=fields)
def test_any_fields_to_any_page(visitor, path, given) -> None:
    assert check(visitor, "post", path, encodable(given)) in {200, 301, 302, 403, 404, 405, 422, 429}


@fuzzed
@given(
    path=st.sampled_from(PUBLIC),
    body=st.binary(max_size=300),
    kind=st.sampled_from(
        [
            "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded; charset=utf-7",
            "application/x-www-form-urlencoded; charset=nonsense",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "",
            "text/x",
        ]
    ),
)
def test_any_body_to_any_page(visitor, path, body, kind) -> None:
    before = stored()
    assert check(visitor, "generic", "POST", path, body, content_type=kind) < 500
    assert stored() == before


@fuzzed
@given(path=st.sampled_from(PUBLIC), query=st.dictionaries(st.text(max_size=8), values, max_size=4))
def test_any_query_of_any_page(visitor, path, query) -> None:
    before = stored()
    answer = visitor.get(path, {name: text for name, [text] in encodable({k: [v] for k, v in query.items()}).items()})
    assert answer.status_code < 500
    assert stored() == before


@settings(fuzzed, max_examples=60)
@given(data=st.data(), path=st.sampled_from(FORMS[:3]))
def test_a_form_filled_with_anything_is_a_whole_report_or_none(data, path) -> None:
    """From the pages themselves: each control keeps, loses or changes its value, and any button is pressed."""
    walk = Walk(path, Client(headers=SAME_ORIGIN, raise_request_exception=False))
    for _ in range(data.draw(st.integers(1, 6))):
        typed = {
            name: data.draw(values).encode("utf-8", "replace").decode()
            for name in walk.controls
            if name != "ticket" and data.draw(st.integers(0, 3)) == 0
        }
        before, reports = stored(), Report.objects.count()
        walk.press(data.draw(st.sampled_from(["next", "next", "next", "back", "go-2", "send", ""])), **typed)
        assert walk.page.status_code < 500
        if walk.page.status_code != 200:
            assert stored() == before
        if Report.objects.count() > reports:
            report = Report.objects.latest("pk")
            assert Original.objects.filter(report=report).count() == 1
            assert ReportItem.objects.filter(report=report).exists()
            return


@fuzzed
@given(
    ticket=values | st.binary(max_size=60).map(lambda raw: raw.hex()),
    code=values,
    text=values,
)
def test_a_receipt_is_not_opened_by_anything_else(visitor, ticket, code, text) -> None:
    before = stored()
    sent = encodable({"code": [code], "ticket": [ticket], "text": [text], "action": ["message"]})
    answer = visitor.post("/en/receipt/", sent)
    assert answer.status_code in {422, 429}
    assert stored() == before


@fuzzed
@given(given=st.dictionaries(st.sampled_from(["username", "password", "next", "csrfmiddlewaretoken"]), values))
def test_nothing_logs_in(given, people) -> None:
    client = Client(raise_request_exception=False)
    sent = {name: text.encode("utf-8", "replace").decode() for name, text in given.items()}
    for path in [path for path in addresses("staff") if "log" in path]:
        assert client.post(path, sent).status_code < 500
    assert "_auth_user_id" not in client.session


def test_the_forms_are_the_maps_own() -> None:
    assert set(FORMS) <= set(PUBLIC)
