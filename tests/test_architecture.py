"""The house as `docs/architecture.md` draws it, read from the imports."""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

NODE = "rempart.node"
# Services that have a module of their own: guarding views, reading a report for the people it is about, destroying.
SHARED_MODULES = {
    "staff.access",
    "staff.confirming",
    "intake.suspects",
    "intake.erasure",
    "intake.redaction",
    "casework.erasure",
    "casework.redaction",
    "notices.erasure",
    "referrals.erasure",
}

DESTROYING = {"erasure", "redaction"}
"""Asked by retention alone."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("rempart")


def app_and_module(name: str) -> tuple[str, str]:
    parts = name.split(".")
    return parts[2], ".".join(parts[3:])


def apps(repository: Path) -> set[str]:
    return {path.parent.name for path in (repository / "src/rempart/node").glob("*/apps.py")}


def test_an_app_uses_another_apps_services_only(graph: grimp.ImportGraph, repository: Path) -> None:
    known, wrong = apps(repository), []
    for importer in graph.modules:
        if not importer.startswith(NODE + ".") or ".migrations" in importer:
            continue
        own = app_and_module(importer)[0]
        for imported in graph.find_modules_directly_imported_by(importer):
            if not imported.startswith(NODE + "."):
                continue
            other, module = app_and_module(imported)
            allowed = other == own or other not in known or own not in known or module == "services"
            is_shared = f"{other}.{module}" in SHARED_MODULES and (own == "retention" or module not in DESTROYING)
            if not allowed and not is_shared:
                wrong.append(f"{importer} imports {imported}")
    assert not wrong, "\n".join(sorted(wrong))


@pytest.mark.parametrize(
    ("room", "begins"),
    [("casework", "`casework` is the largest room"), ("observatory", "`observatory` leads from the events")],
)
def test_the_largest_rooms_have_a_map(repository: Path, room: str, begins: str) -> None:
    page = (repository / "docs/architecture.md").read_text()
    folder = repository / "src/rempart/node" / room
    found = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    modules = {name for name in found if not name.endswith("urls")} - {"__init__", "apps", "migrations", "templatetags"}
    told = set(re.findall(r"`(\w+)`", page[page.index(begins) :].partition("\n## ")[0]))
    assert told - {room} == modules


def test_no_module_is_longer_than_a_reader_can_hold(repository: Path) -> None:
    long = {
        str(path.relative_to(repository)): lines
        for path in (repository / "src").rglob("*.py")
        if "migrations" not in path.parts and (lines := path.read_text().count("\n")) > 400
    }
    assert long == {}


def extra(repository: Path, name: str) -> list[str]:
    """The distributions an extra of the package names."""
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    return [re.split(r"[<>=\[;]", line)[0] for line in project["optional-dependencies"][name]]


def test_the_library_and_the_command_line_need_nothing_of_the_node(repository: Path) -> None:
    """What `pip install rempart` brings is enough to match, to read formats and to be told what is missing."""
    of_distribution = importlib.metadata.packages_distributions()
    modules = [
        module for module, names in of_distribution.items() if {n.lower() for n in names} & node_only(repository)
    ]
    assert "django" in modules
    program = f"""
import sys
for name in {modules!r}:
    sys.modules[name] = None
import rempart.signals.fingerprint, rempart.signals.lists, rempart.signals.match
import rempart.formats.hash_csv, rempart.formats.vics, rempart.formats.xarf_notice
from rempart.cli.main import main
sys.argv = ["rempart", "status"]
main()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "rempart[node]" in done.stderr or "no node in" in done.stderr, done.stderr


def node_only(repository: Path) -> set[str]:
    """Without pydantic: where it is installed, typer uses it by itself."""
    return {name.lower() for name in extra(repository, "node")} - {"pydantic"}
