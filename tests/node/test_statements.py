"""Rows written and read by prepared text are the rows the ORM writes and reads, on either database."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from rempart.core.vocabulary import ItemKind, Source
from rempart.node import statements
from rempart.node.intake.models import Report, ReportItem
from rempart.node.jobs.models import Job

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
# PostgreSQL stores neither NUL nor lone surrogates, and no caller has them.
TEXT = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=20)


def new_report(**values: object) -> Report:
    given_values = {"reference": "R26-TEST", "source": Source.PLATFORM, "received_at": AT, "wrapped_key": b"\0key"}
    return Report(**{**given_values, **values})


def test_an_inserted_row_is_what_the_orm_reads():
    row = new_report(facts={"live_stream": True}, quality=None, quality_findings=[{"code": "é"}])
    statements.insert([row])
    found = Report.objects.get(pk=row.pk)
    for field in Report._meta.concrete_fields:
        stored = getattr(found, field.attname)
        assert (bytes(stored) if isinstance(stored, memoryview) else stored) == getattr(row, field.attname), field
    row.state = "triaged"
    row.save()
    assert Report.objects.get().state == "triaged"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_several_rows_are_numbered_in_order(count):
    report = new_report()
    statements.insert([report])
    rows = [ReportItem(report=report, position=place, kind=ItemKind.URL, sealed=b"s") for place in range(count)]
    statements.insert(rows)
    kept = list(ReportItem.objects.order_by("position").values_list("pk", flat=True))
    assert kept == [row.pk for row in rows]


def test_a_row_that_exists_is_refused_or_left_alone():
    statements.insert([new_report()])
    with pytest.raises(IntegrityError), transaction.atomic():
        statements.insert([new_report()])
    statements.insert([new_report(source=Source.MEMBER)], ignore_conflicts=True)
    assert Report.objects.get().source == Source.PLATFORM


def test_only_the_named_fields_of_the_row_are_written():
    first, second = new_report(), new_report(reference="R26-OTHER")
    statements.insert([first])
    statements.insert([second])
    first.quality, first.facts, first.language = 40, {"sextortion": True}, "fr"
    statements.update(first, "facts", "quality")
    rows = Report.objects.order_by("pk").values_list("facts", "quality", "language")
    assert list(rows) == [({"sextortion": True}, 40, "en"), ({}, None, "en")]


def test_fields_that_were_not_selected_are_loaded_when_asked_for():
    statements.insert([new_report(language="fr")])
    found = statements.Select(Report, ("facts", "id"), "reference = %s").first("R26-TEST")
    assert found is not None
    assert found.get_deferred_fields() >= {"language", "received_at"}
    assert (found.language, found.received_at) == ("fr", AT)


def test_nothing_found_is_none():
    assert statements.Select(Report, ("id",), "reference = %s").first("R26-NONE") is None


class SelectedValues(TestCase):
    everything = statements.Select(Job, [field.name for field in Job._meta.concrete_fields], "kind = %s ORDER BY id")

    @given(
        subject=TEXT,
        priority=st.integers(-(2**15), 2**15 - 1),
        due_at=st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)),
        done=st.booleans(),
    )
    def test_a_selected_row_is_what_the_orm_reads(self, subject, priority, due_at, done):
        job = Job(kind="kind", subject=subject, priority=priority, due_at=due_at, created_at=AT)
        job.done_at = due_at if done else None
        statements.insert([job])
        (found,) = self.everything.all("kind")
        expected = Job.objects.get()
        for field in Job._meta.concrete_fields:
            assert getattr(found, field.attname) == getattr(expected, field.attname) == getattr(job, field.attname)
