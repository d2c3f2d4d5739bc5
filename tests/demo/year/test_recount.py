"""Figures counted again by DuckDB are those that the node's own code published, and what was altered is found."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from core.figures.streams import busy_months, example, folded, streams
from demo.year.recounting import SCRIPT, cells, differences, rewrite
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from rempart.core.figures.folding import releases_at
from rempart.demo.year import counting
from rempart.demo.year.making import EVENTS, FIGURES, make_member, orders_of
from rempart.demo.year.proportions import DEFAULT_SEED
from rempart.formats.figure_events import write_events
from rempart.node.audit.services import Fact
from rempart.node.observatory.services import Publication

MEMBERS = ("FR", "GH", "EE", "FI")
"""Two whose years are small, and two larger ones."""


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """The years of four members, made once; tests alter copies of their files."""
    folder = tmp_path_factory.mktemp("year")
    for order in orders_of(folder, 2025, reports=60_000, seed=DEFAULT_SEED):
        if order.founder.country in MEMBERS:
            make_member(order)
    return folder


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    for path in made.glob("*/*"):
        (tmp_path / path.parent.name).mkdir(exist_ok=True)
        (tmp_path / path.parent.name / path.name).write_bytes(path.read_bytes())
    return tmp_path


def run(folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, SCRIPT, folder / EVENTS, folder / FIGURES]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def document_of(folder: Path, country: str = "EE") -> tuple[Path, dict[str, Any]]:
    path = folder / FIGURES / f"{country}.json"
    return path, json.loads(path.read_text())


def test_what_was_published_of_the_year_is_what_duckdb_counts(made: Path) -> None:
    found = run(made)
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout.startswith("4 documents, ")
    for said in ("equal", "at least, and not more", "suppressed: below the threshold", "suppressed: protects another"):
        line = next(line for line in found.stdout.splitlines() if line.endswith(said))
        assert int(line.split()[0]) > 0, f"the year has no value that is '{said}'"
    assert "        0  different" in found.stdout


def test_an_altered_value_is_found(copied: Path) -> None:
    path, document = document_of(copied)
    period, key, figure = next(cells(document, "shown"))
    figure["value"] += 1
    figure["count_behind"] += 1
    rewrite(path, document)
    found = run(copied)
    assert found.returncode == 1
    assert f"EE {period} {key}: published" in found.stdout


def test_an_altered_event_is_found(copied: Path) -> None:
    path = copied / EVENTS / "EE.parquet"
    table = parquet.read_table(path)
    received = table["action"].to_pylist().index("report:received")
    parquet.write_table(pa.concat_tables([table.slice(0, received), table.slice(received + 1)]), path)
    found = run(copied)
    assert found.returncode == 1
    assert "reports_received" in found.stdout


def test_each_kind_of_untrue_word_is_found(copied: Path) -> None:
    path, document = document_of(copied)
    shown = [each for each in cells(document, "shown") if len(each[0]) == 7]
    hidden = [each for each in cells(document, "suppressed") if len(each[0]) == 7]
    partial = next(cells(document, "partial"))[2]
    large = next(figure for _period, key, figure in shown if key == "notices_sent")
    small = next(figure for _period, key, figure in hidden if key == "signals_recalled")
    large |= {"value": None, "count_behind": None, "status": "suppressed"}
    small |= {"value": 2, "count_behind": 2, "status": "shown"}
    partial["count_behind"] += 1_000_000
    rewrite(path, document)
    said = "\n".join(differences(copied / EVENTS, path))
    assert "notices_sent: suppressed without need" in said
    assert "signals_recalled: published" in said
    assert f"published at least {partial['count_behind']}, counted" in said


def test_a_small_count_that_is_shown_is_found_though_it_is_right(copied: Path) -> None:
    path, document = document_of(copied)
    counts, _known = _script().recount([copied / EVENTS / "EE.parquet"], [_script().read(path)])
    period, key, figure = next(
        each for each in cells(document, "suppressed") if each[1] == "signals_recalled" and len(each[0]) == 7
    )
    number = counts[_script().Cell("EE", period, key)].number
    assert 0 < number < document["threshold"]
    figure |= {"value": number, "count_behind": number, "status": "shown"}
    rewrite(path, document)
    assert f"EE {period} {key}: published, though it tells of fewer than 5" in differences(copied / EVENTS, path)


def test_an_indicator_that_nothing_counts_again_is_a_difference(copied: Path) -> None:
    path, document = document_of(copied)
    document["indicators"].append({**document["indicators"][0], "id": "made_up"})
    for period in document["periods"]:
        period["figures"]["made_up"] = {"value": 7, "status": "shown", "count_behind": 7}
    rewrite(path, document)
    assert "EE all made_up: nothing counts this indicator again" in differences(copied / EVENTS, path)


def _script() -> Any:
    from demo.year.recounting import script

    return script()


def _published(folder: Path, facts: list[Fact], until: datetime) -> tuple[Path, Path]:
    """The files of one node that has these events, as an auditor gets them."""
    before = [fact for fact in facts if fact.at < until]
    state = folded(before)
    releases, final = releases_at(state, until)
    events, published = folder / "events.parquet", folder / "figures.json"
    with events.open("wb") as out:
        assert write_events(out, "FR", facts) == len(facts)
    rewrite(published, counting.published(Publication(until, releases, final, not before), "FR", "Test hotline"))
    return events, published


@settings(max_examples=60)
@given(st.one_of(streams(), busy_months()), st.timedeltas(timedelta(0), timedelta(days=60)))
def test_whatever_happened_is_counted_alike(tmp_path_factory, facts: list[Fact], later: timedelta) -> None:
    last = max((fact.at for fact in facts), default=datetime(2026, 1, 1, tzinfo=UTC))
    paths = _published(tmp_path_factory.mktemp("any"), facts, last - timedelta(days=20) + later)
    assert differences(*paths) == []


def test_the_worked_example_is_counted_alike(tmp_path: Path) -> None:
    story = example()
    paths = _published(tmp_path, story.facts, story.at + timedelta(days=40))
    assert differences(*paths) == []
