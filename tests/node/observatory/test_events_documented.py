"""docs/events.md and the events in the code are the same."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rempart.core.figures.folding import ACTIONS
from rempart.core.reports import REFERRAL_MOVES, REPORT_MOVES
from rempart.core.vocabulary import NoticeState, ReportState

# Names put together in the code: the helper's prefix, and every word it is called with.
COMPOSED = {
    "report:{new}": {str(state) for state in ReportState} - {"received"},
    "report:{why}": {"retracted", "expired"},
    "notice:{state}": {str(NoticeState.ACKNOWLEDGED), str(NoticeState.REFUSED)},
    "erasure:{what}": {"requested", "approved", "refused"},
    "referral:{what}": {"proposed", "queued", "exported", "withdrawn"},
}


def documented(repository: Path) -> list[str]:
    text = (repository / "docs" / "events.md").read_text("utf-8")
    return re.findall(r"^\| \**`([a-z_]+:[a-z_]+)`", text, re.MULTILINE)


def first_arguments(source: Path) -> Iterator[ast.expr]:
    """What is recorded as an event's name in one module."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "record"
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "audit"
        ):
            yield node.args[0]


def names(expression: ast.expr) -> set[str]:
    match expression:
        case ast.Constant(value=str(name)):
            return {name}
        case ast.IfExp(body=body, orelse=orelse):
            return names(body) | names(orelse)
        case ast.JoinedStr():
            pattern = ast.unparse(expression)[2:-1]
            prefix = pattern.partition(":")[0]
            return {f"{prefix}:{word}" for word in COMPOSED[pattern]}
    raise AssertionError(f"an event's name is not written out: {ast.unparse(expression)}")


@pytest.fixture
def in_code(repository: Path) -> set[str]:
    sources = (repository / "src" / "rempart" / "node").rglob("*.py")
    return {name for source in sources for argument in first_arguments(source) for name in names(argument)}


def test_every_event_is_documented_once(repository: Path, in_code: set[str]) -> None:
    listed = documented(repository)
    assert len(listed) == len(set(listed))
    assert set(listed) == in_code


def test_every_event_that_is_counted_exists_and_is_marked(repository: Path, in_code: set[str]) -> None:
    text = (repository / "docs" / "events.md").read_text("utf-8")
    assert set(ACTIONS) <= in_code
    assert set(re.findall(r"^\| \*\*`([a-z_]+:[a-z_]+)`\*\*", text, re.MULTILINE)) == set(ACTIONS)


def test_composed_names_are_states_that_can_be_reached() -> None:
    reached = {str(new) for states in REPORT_MOVES.values() for new in states}
    assert COMPOSED["report:{new}"] <= reached
    assert COMPOSED["referral:{what}"] <= {str(state) for state in REFERRAL_MOVES}
