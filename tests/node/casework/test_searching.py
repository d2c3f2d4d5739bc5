"""Search by what staff have in hand: what is found, who may, and that only the fact of it is told."""

import hashlib

import pytest
from django.conf import settings as node
from signals.pictures import encoded, scene

from rempart.core.errors import InputError, NotPermitted
from rempart.node.audit import services as audit
from rempart.node.casework import searching
from rempart.node.casework.models import Content
from rempart.node.casework.searching import By
from rempart.node.intake import receipts
from rempart.node.intake.models import Report

PICTURE = encoded(scene(seed=31))
CODE = "0123456789ABCDEF"


@pytest.fixture
def held(submit, work, upload) -> dict[str, int]:
    """Two addresses of one host, one elsewhere, a file; the first report has a receipt."""
    first = submit(("url", "https://host.example/one?q=1"))
    submit(("url", "https://host.example/two"))
    submit(("url", "https://other.example/one"), files=[upload(PICTURE)])
    work()
    digest = receipts.digest(node.HOME.keys.lookup, CODE)
    Report.objects.filter(pk=first).update(receipt_digest=digest)
    rows = Content.objects.order_by("pk")
    return {row.locator.rpartition("//")[2] or row.kind: row.pk for row in rows} | {"report": first}


def found(person, text: str, by: str = "") -> set[int]:
    return {one.content_id for one in searching.search(person, text, by).contents}


class TestWhatIsFound:
    @pytest.mark.parametrize(
        "text", ["https://host.example/one?q=1", "hxxps://host[.]example/one?q=1", " https://HOST.example/one?q=1#x "]
    )
    def test_an_address_as_people_paste_it(self, held, people, text):
        assert found(people["ana"], text) == {held["host.example/one?q=1"]}

    def test_a_host(self, held, people):
        both = {held["host.example/one?q=1"], held["host.example/two"]}
        assert found(people["ana"], "host.example") == both
        assert found(people["ana"], "host[.]example") == both

    @pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
    def test_a_fingerprint_of_any_kind(self, held, people, algorithm):
        value = hashlib.new(algorithm, PICTURE).hexdigest()
        assert found(people["ana"], value) == {held["file"]}
        assert found(people["ana"], f"{algorithm}: {value.upper()}", "fingerprint") == {held["file"]}
        assert found(people["ana"], value[:-1] + ("0" if value[-1] != "0" else "1")) == set()

    def test_a_case_number(self, held, people):
        number = held["host.example/two"]
        assert found(people["ana"], f"C-{number}") == found(people["ana"], f"c{number}") == {number}
        assert found(people["ana"], "C-999999") == set()

    def test_a_reference_and_its_report(self, held, people):
        reference = Report.objects.get(pk=held["report"]).reference
        answer = searching.search(people["ana"], reference.lower())
        assert answer.by is By.REFERENCE
        assert answer.report.id == held["report"]
        assert [one.content_id for one in answer.contents] == [held["host.example/one?q=1"]]

    def test_a_receipt_as_it_is_read_out(self, held, people):
        answer = searching.search(people["ana"], "0123-4567 89ABCDEF")
        assert (answer.by, answer.report.id) == (By.RECEIPT, held["report"])
        assert searching.search(people["ana"], "0123456789ABCDEG").report is None

    def test_what_it_is_can_be_said(self, held, people):
        assert found(people["ana"], "host.example", "host") == found(people["ana"], "host.example/", "host")
        assert found(people["ana"], "host.example/two", "address") == set(), "without a scheme it is another address"


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("text", "by"),
        [
            ("", ""),
            ("x" * 9000, ""),
            ("host.example", "colour"),
            ("abc", "fingerprint"),
            ("zz", "case"),
            ("12", "receipt"),
        ],
    )
    def test_what_cannot_be_read_is_refused_without_repeating_it(self, held, people, text, by):
        with pytest.raises(InputError) as refused:
            searching.search(people["ana"], text, by)
        if len(text) > 2:
            assert text not in str(refused.value)
        assert not list(audit.events(actions=["search:made"]))

    @pytest.mark.parametrize("name", ["lin", "stan", "aude", "adam"])
    def test_roles_that_see_no_content_find_none(self, held, people, name):
        with pytest.raises(NotPermitted):
            searching.search(people[name], "host.example")

    def test_a_receipt_is_for_who_may_read_messages(self, held, people, monkeypatch):
        monkeypatch.setitem(searching.NEEDED, By.RECEIPT, searching.Permission.STAFF_MANAGE)
        with pytest.raises(NotPermitted):
            searching.search(people["ana"], CODE)


def test_each_search_is_told_without_what_was_searched_for(held, people):
    value = hashlib.sha256(PICTURE).hexdigest()
    for text in ("host.example", value, CODE, "nowhere.example"):
        searching.search(people["ana"], text)
    facts = list(audit.events(actions=["search:made"]))
    assert [(fact.actor, fact.subject, fact.data) for fact in facts] == [
        (people["ana"].actor, people["ana"].actor, {"by": by, "found": number})
        for by, number in (("host", 2), ("fingerprint", 1), ("receipt", 1), ("host", 0))
    ]
    assert not any(text in str(fact) for fact in facts for text in ("example", value, CODE))


def test_many_are_counted_and_the_newest_shown(submit, work, people, monkeypatch):
    monkeypatch.setattr(searching, "SHOWN", 3)
    monkeypatch.setattr(searching, "MOST_COUNTED", 5)
    submit(*[("url", f"https://host.example/{number}") for number in range(8)])
    work()
    answer = searching.search(people["ana"], "host.example")
    newest = Content.objects.order_by("-pk").values_list("pk", flat=True)[:3]
    assert [one.content_id for one in answer.contents] == list(newest)
    assert (answer.total, answer.is_uncounted) == (6, True)
