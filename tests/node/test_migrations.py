"""Models match migrations, and what migrations write is there."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from rempart.core.vocabulary import FingerprintType
from rempart.node.audit import services as audit
from rempart.node.casework import listing, similar
from rempart.node.casework.content import keep_fingerprints
from rempart.node.casework.models import Content, Fingerprint
from rempart.node.lists import services as lists
from rempart.node.lists.models import HashList, ListEntry
from rempart.node.register import services as register
from rempart.node.staff.models import StaffMember

pytestmark = pytest.mark.django_db


def test_models_match_migrations() -> None:
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())


def test_the_chain_begins_empty() -> None:
    assert audit.head() == (0, bytes(32))
    assert audit.verify().events == 0


def test_the_register_holds_the_founders_and_those_who_came_later() -> None:
    memberships = register.routing_table().memberships
    founding_day = date(2012, 12, 5)
    assert sum(member.is_member(founding_day) for member in memberships.values()) == 48
    assert not memberships["RU"].is_member(date(2026, 1, 1))
    assert memberships["CA"].is_member(date(2026, 1, 1))
    assert not memberships["CA"].is_member(founding_day)


@pytest.fixture
def migrated() -> Iterator[Callable[..., Any]]:
    """Bring the database to a state of one app, or of all as the code wants them, and tell its models.

    Going back takes other apps' tables away that came after it: in the end all are there again.
    """

    def to(*target: str) -> Any:
        executor = MigrationExecutor(connection)
        states = [target] if target else executor.loader.graph.leaf_nodes()
        executor.migrate(states)
        return MigrationExecutor(connection).loader.project_state(states).apps

    yield to
    to()
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("app", ["audit", "register"])
def test_a_data_migration_finds_a_database_without_its_rows(app: str, migrated: Callable[..., Any]) -> None:
    """Back before the data migration and forward again: what an older node does when it is updated."""
    tables = {"audit": "audit_head", "register": "register_member"}
    migrated(app, "0001_initial")
    with connection.cursor() as cursor:
        cursor.execute(f"delete from {tables[app]}")
    migrated()
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {tables[app]}")
        assert cursor.fetchone()[0] == {"audit": 1, "register": 56}[app]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_entries_of_an_older_node_get_sequences(migrated: Callable[..., Any]) -> None:
    """What stood is the list's first change, what was withdrawn its second; nothing is shared yet."""
    old = migrated("lists", "0001_initial")
    now = datetime(2026, 3, 1, tzinfo=UTC)
    made = {
        name: old.get_model("lists", "HashList").objects.create(
            name=name, category="national", created_at=now, changed_at=now
        )
        for name in ("empty", "whole", "corrected")
    }
    for name, number, withdrawn in (("whole", 1, None), ("corrected", 2, None), ("corrected", 3, now)):
        old.get_model("lists", "ListEntry").objects.create(
            hash_list=made[name],
            kind="md5",
            value=bytes([number]) * 16,
            category="national",
            added_at=now,
            withdrawn_at=withdrawn,
        )
    migrated()
    assert dict(HashList.objects.values_list("name", "sequence")) == {"empty": 0, "whole": 1, "corrected": 2}
    assert not HashList.objects.filter(may_share=True).exists()
    entries = ListEntry.objects.order_by("pk").values_list("sequence", "withdrawn_sequence")
    assert list(entries) == [(1, None), (1, None), (1, 2)]
    lists.forget_recogniser()
    assert lists.recogniser().counts() == {"whole": 1, "corrected": 1}
    assert lists.counts() == {"empty": 0, "whole": 1, "corrected": 1}


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_images_of_an_older_node_get_numbers(
    migrated: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    """Those that can be compared, in their order, by more than one batch; the next image goes on from there."""
    monkeypatch.setattr(import_module("rempart.node.casework.migrations.0002_image_numbers"), "BATCH", 2)
    old = migrated("casework", "0001_initial")
    qualities = [100, 50, 49, None, 80, 90, 100]
    for number, quality in enumerate(qualities):
        content = old.get_model("casework", "Content").objects.create(
            kind="file", key=bytes([number]) * 32, first_seen_at=clock.now()
        )
        for kind, value in (("pdq", b"\x5a" * 32), ("md5", bytes([number]) * 16)):
            old.get_model("casework", "Fingerprint").objects.create(
                content=content, kind=kind, value=value, quality=quality if kind == "pdq" else None
            )
    migrated()
    numbers = Fingerprint.objects.filter(kind="pdq").order_by("pk").values_list("image_number", flat=True)
    assert list(numbers) == [1, 2, None, None, 3, 4, 5]
    assert not Fingerprint.objects.filter(kind="md5", image_number__isnull=False).exists()
    first, *others = Fingerprint.objects.filter(image_number__isnull=False).values_list("content", flat=True)
    assert similar.similar_to(first) == others
    new = Content.objects.create(kind="file", key=b"x" * 32, first_seen_at=clock.now())
    keep_fingerprints(new.pk, [(FingerprintType.PDQ, b"\x5a" * 32)], pdq_quality=60)
    similar.number_image(new.pk)
    assert similar.similar_to(first) == [*others, new.pk]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_cases_of_an_older_node_can_be_filtered(
    migrated: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    """Kind, reasons and deadline follow from what they held, by more than one batch."""
    monkeypatch.setattr(import_module("rempart.node.casework.migrations.0003_queue_filters"), "BATCH", 2)
    old = migrated("casework", "0002_image_numbers")
    made = []
    for number, (kind, points, codes) in enumerate(
        [("url", 85, ["child_in_danger"]), ("file", 5, ["quality", "an older code"]), ("account", 30, [])]
    ):
        content = old.get_model("casework", "Content").objects.create(
            kind=kind, key=bytes([number]) * 32, first_seen_at=clock.now()
        )
        reasons = [{"code": code, "points": 1, "text": code} for code in codes]
        old.get_model("casework", "Case").objects.create(
            content=content, priority=points, priority_reasons=reasons, entered_at=clock.now()
        )
        made.append(content.pk)
    migrated()
    anybody = StaffMember(pk=0, roles=["analyst"])
    found = [
        (row.content_id, row.kind, (row.due_at - clock.now()).total_seconds() / 3600)
        for row in listing.page(listing.Filters(), anybody).rows
    ]
    assert found == [(made[0], "url", 4.0), (made[2], "account", 72.0), (made[1], "file", 168.0)]
    [danger] = listing.page(listing.Filters(reason="child_in_danger"), anybody).rows
    [quality] = listing.page(listing.Filters(reason="quality"), anybody).rows
    assert (danger.content_id, quality.content_id) == (made[0], made[1])
