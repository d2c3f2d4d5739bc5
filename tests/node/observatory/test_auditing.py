"""A node's own counted events, and its figures counted again from them."""

import io
import json
from pathlib import Path

import pytest
from demo.year.recounting import differences
from pyarrow import parquet
from typer.testing import CliRunner

from rempart.cli.main import app
from rempart.core.figures import folding
from rempart.demo.year import counting, loading
from rempart.demo.year.drawing import draw
from rempart.demo.year.making import founders
from rempart.demo.year.proportions import profiles
from rempart.formats.figure_events import FACTS, write_columns
from rempart.node.audit import services as audit
from rempart.node.observatory import auditing, members_figures
from rempart.node.runtime import clock as node_clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def past(tmp_path: Path, clock) -> int:
    """A made-up year in this node's chain; how many events it has."""
    profile = next(each for each in profiles([one.country for one in founders()], 30_000, 4) if each.reports > 500)
    made = tmp_path / "made.parquet"
    with made.open("wb") as out:
        write_columns(out, "FR", counting.columns_of(draw(profile, clock.now().year - 1, 4), clock.now().year - 1))
    return loading.load(made)


def test_what_a_node_publishes_is_what_its_events_give(past: int, tmp_path: Path) -> None:
    events, published = tmp_path / "events.parquet", tmp_path / "figures.json"
    with events.open("wb") as out:
        assert auditing.write_own(out) == past
    published.write_text(json.dumps(members_figures.own(node_clock().now())))
    assert differences(events, published) == []
    assert audit.verify().events == past + 1


def test_only_counted_events_leave_and_that_is_an_event(past: int) -> None:
    out = io.BytesIO()
    auditing.write_own(out, operator="rempart")
    table = parquet.read_table(out)
    assert set(table["action"].to_pylist()) <= set(folding.ACTIONS) == set(FACTS)
    told = list(audit.events(actions=["audit:exported"]))
    assert [fact.data for fact in told] == [
        {"format": "parquet", "events": past, "through": past, "filters": ["action"], "operator": "rempart"}
    ]


def test_the_command_writes_a_new_file_only(past: int, tmp_path: Path) -> None:
    file = tmp_path / "own.parquet"
    written = CliRunner().invoke(app, ["figures", "events", str(file)])
    assert written.exit_code == 0, written.output
    assert f"{past} events" in written.output
    assert parquet.read_metadata(file).num_rows == past
    again = CliRunner().invoke(app, ["figures", "events", str(file)])
    assert again.exit_code == 1
