"""`rempart report` as an operator runs it."""

import hashlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rempart.cli.main import app
from rempart.core.errors import InputError

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["report", *words])


@pytest.mark.parametrize("form", ["pdf", "html"])
@pytest.mark.parametrize("edition", ["member", "alliance"])
def test_it_writes_the_file_and_tells_its_digest(counted, tmp_path: Path, form: str, edition: str) -> None:
    path = tmp_path / f"a.{form}"
    done = run("--year", "2026", "--member", "fr", "--format", form, "--edition", edition, "--out", str(path), "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["path"] == str(path)
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert bool(told["pages"]) is (form == "pdf")


@pytest.mark.parametrize("form", ["pdf", "html", "json", "csv"])
def test_transparency_reports_have_four_forms(counted, tmp_path: Path, monkeypatch, form: str) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("--year", "2026", "--kind", "dsa", "--format", form, "--language", "fr")
    assert done.exit_code == 0, done.output
    assert (tmp_path / f"dsa-2026-fr-fr.{form}").stat().st_size > 500
    assert "SHA-256" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--year", "2025"), "no figures are published for 2025"),
        (("--year", "2026", "--member", "XX"), "Known: FR."),
        (("--year", "2026", "--language", "de"), "Use en or fr"),
        (("--year", "1999"), "no year of the alliance"),
        (("--year", "2026", "--format", "json"), "no such file"),
        (("--year", "2026", "--out", "/nowhere/at/all.pdf"), "folder you may write to"),
    ],
)
def test_what_is_wrong_is_said(counted, words: tuple[str, ...], said: str) -> None:
    done = run(*words)
    assert isinstance(done.exception, InputError)
    assert said in str(done.exception)
