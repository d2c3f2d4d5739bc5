"""Models match migrations, and what migrations write is there."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from rempart.node.audit import services as audit
from rempart.node.register import services as register

pytestmark = pytest.mark.django_db


def test_models_match_migrations() -> None:
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())


def test_the_chain_begins_empty() -> None:
    assert audit.head() == (0, bytes(32))
    assert audit.verify() == 0


def test_the_register_holds_the_founders_and_those_who_came_later() -> None:
    memberships = register.routing_table().memberships
    founding_day = date(2012, 12, 5)
    assert sum(member.is_member(founding_day) for member in memberships.values()) == 48
    assert not memberships["RU"].is_member(date(2026, 1, 1))
    assert memberships["CA"].is_member(date(2026, 1, 1))
    assert not memberships["CA"].is_member(founding_day)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("app", ["audit", "register"])
def test_a_data_migration_finds_a_database_without_its_rows(app: str) -> None:
    """Back before the data migration and forward again: what an older node does when it is updated."""
    executor = MigrationExecutor(connection)
    last = [node for node in executor.loader.graph.leaf_nodes() if node[0] == app]
    tables = {"audit": "audit_head", "register": "register_member"}
    executor.migrate([(app, "0001_initial")])
    with connection.cursor() as cursor:
        cursor.execute(f"delete from {tables[app]}")
    executor = MigrationExecutor(connection)
    executor.migrate(last)
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {tables[app]}")
        assert cursor.fetchone()[0] == {"audit": 1, "register": 56}[app]
