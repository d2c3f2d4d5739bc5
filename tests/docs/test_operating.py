"""docs/operating.md: every setting with its default, every deadline, every refused start."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.utils.dateparse import parse_duration

from rempart.core.deadlines import NoticePlan
from rempart.node.intake import services as intake
from rempart.node.jobs.models import Job

PAGE = "docs/operating.md"


@pytest.fixture(scope="module")
def modules(repository: Path) -> dict[Path, ast.Module]:
    source = repository / "src" / "rempart"
    paths = [path for path in source.rglob("*.py") if "migrations" not in path.parts]
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def test_every_setting_is_documented_and_every_documented_one_is_read(repository, read, rows) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (repository / "src").rglob("*.py")]
    used = {name for text in texts for name in re.findall(r"\bREMPART_[A-Z_]*[A-Z]", text)}
    assert set(rows(read(PAGE), "REMPART_[A-Z_]+")) == used


def test_settings_named_anywhere_exist(document: Path, repository: Path, read, rows) -> None:
    known = set(rows(read(PAGE), "REMPART_[A-Z_]+"))
    of_tests = {"REMPART_TEST_DATABASE", "REMPART_SCREENSHOTS"}
    named = set(re.findall(r"\bREMPART_[A-Z_]*[A-Z]", document.read_text(encoding="utf-8")))
    assert named <= known | of_tests


def defaults(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """`os.environ.get("NAME", "default")`, where the default is written out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "os.environ.get" and len(node.args) == 2:
            name, default = node.args
            if isinstance(name, ast.Constant) and isinstance(default, ast.Constant):
                yield str(name.value), str(default.value)


def test_defaults_are_as_documented(modules, read, rows) -> None:
    table = rows(read(PAGE), "REMPART_[A-Z_]+")
    found = [pair for tree in modules.values() for pair in defaults(tree) if pair[0].startswith("REMPART_")]
    assert len(found) > 15
    for name, default in found:
        told = table[name][0]
        assert f"`{default}`" in told if default else told.startswith("empty") or told == "`{}`", name


def test_the_size_limit_is_as_documented(read, rows, settings) -> None:
    assert f"`{settings.VAULT_MAX_FILE_BYTES}`" in rows(read(PAGE), "REMPART_[A-Z_]+")["REMPART_MAX_FILE_BYTES"]


def test_deadlines_are_as_documented(read, rows) -> None:
    plan = NoticePlan()
    names = [field.name for field in fields(plan)]
    table = rows(read(PAGE), "|".join(names))
    assert set(table) == set(names)
    for name in names:
        value, told = getattr(plan, name), table[name][0].strip("`")
        assert (parse_duration(told) if isinstance(value, timedelta) else int(told)) == value, name


def test_the_example_of_deadlines_can_be_used(read, settings) -> None:
    from rempart.node.hosting import outside

    settings.NOTICE_PLAN = re.search(r"REMPART_NOTICE_PLAN='(\{.*?\})'", read(PAGE))[1]
    assert outside.notice_plan().max_sends == json.loads(settings.NOTICE_PLAN)["max_sends"]


def refusals(tree: ast.Module) -> Iterator[list[str]]:
    """The written parts of every UnsafeStart's first sentence."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "UnsafeStart" and node.args:
            told = node.args[0]
            parts = told.values if isinstance(told, ast.JoinedStr) else [told]
            yield [str(part.value).strip() for part in parts if isinstance(part, ast.Constant)]


def test_every_refused_start_is_explained(modules, read) -> None:
    section = read(PAGE).partition("## Refused starts")[2].partition("\n## ")[0]
    found = [parts for path, tree in modules.items() if "demo" not in path.parts for parts in refusals(tree)]
    assert len(found) > 20
    missing = [part for parts in found for part in parts if len(part) > 3 and part.rstrip(".") not in section]
    assert not missing


@pytest.mark.django_db
def test_counts_to_watch_exist(read) -> None:
    assert {"reports", "items"} <= set(intake.counts())
    assert {"failed", "waiting"} <= set(Job.State.values)
    section = read(PAGE).partition("## Monitoring")[2]
    assert "`jobs.failed`" in section


def test_the_data_map_names_every_table(read) -> None:
    text = read("docs/data-map.md")
    ours = {model.__name__ for model in apps.get_models() if model.__module__.startswith("rempart.")}
    assert ours
    assert {name for name in ours if f"`{name}`" not in text} == set()
    named = {name for line in text.splitlines() if line.startswith("| `") for name in _first_cell(line)}
    assert named - ours == {"Session", "Authenticator", "EmailAddress", "EmailConfirmation"}


def _first_cell(line: str) -> set[str]:
    return set(re.findall(r"`([A-Z]\w+)`", line.split(" | ")[0]))


def test_the_data_map_names_every_folder(read, home) -> None:
    text = read("docs/data-map.md")
    for folder in (home.vault, home.keys_directory, home.referrals, home.run, home.lists, home.checkpoints, home.log):
        assert f"`{folder.relative_to(home.path)}/`" in text
    assert f"`{home.database.name}`" in text
    assert all(f"`{path.name}`" in read(PAGE) for path in home.keys_directory.iterdir())
