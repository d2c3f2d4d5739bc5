"""The script that counts again, as a module, and what it says of two files."""

import importlib.util
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

SCRIPT = Path(__file__).parents[3] / "scripts" / "recompute_figures.py"


def script() -> ModuleType:
    name = "recompute_figures"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, SCRIPT)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def differences(events: Path, published: Path) -> list[str]:
    """What the script finds different; an empty list where everything is explained."""
    module = script()
    documents = [module.read(path) for path in module.files(str(published), "json")]
    counts, known = module.recount(module.files(str(events), "parquet"), documents)
    return [
        f"{' '.join(cell).rstrip()}: {verdict}"
        for document in documents
        for cell, verdict in module.Comparison(
            document, {cell: count for cell, count in counts.items() if cell.member == document.member}, known
        ).verdicts()
        if verdict not in module.EXPLAINED
    ]


def cells(document: dict[str, Any], status: str) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """Period, key and value of counted whole figures that have this status."""
    counted = {each["id"] for each in document["indicators"] if each["source"] == "counted"}
    for period in document["periods"]:
        for key, figure in period["figures"].items():
            if key in counted and figure["status"] == status:
                yield period["period"], key, figure


def rewrite(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document), encoding="utf-8")
