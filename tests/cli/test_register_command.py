"""`rempart register`: what goes out comes in again, checks change nothing, and refusals are told by entry."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from core.register.made_up import commitment, contact
from node.exchange.conftest import log_folder  # noqa: F401
from node.register.conftest import PART, publish  # noqa: F401
from typer.testing import CliRunner

from rempart.cli.main import app
from rempart.core.register.part import ContactRole
from rempart.core.register.whole import Register
from rempart.formats.register_files import read_json, write_csv, write_json
from rempart.node.audit.models import Event
from rempart.node.register import services, stated

pytestmark = pytest.mark.django_db
Run = Callable[..., Result]


@pytest.fixture
def run(log_folder) -> Run:  # noqa: F811
    return lambda *words: CliRunner().invoke(app, ["register", *map(str, words)])


def test_what_is_exported_is_imported_unchanged(run: Run, publish, tmp_path: Path) -> None:  # noqa: F811
    publish()
    whole = read_json(run("export", "-").stdout).register
    assert whole == Register(services.members(), (PART,))
    for name, form in (("register.json", "json"), ("folder", "csv")):
        out = tmp_path / name
        assert "56 states, 1 parts" in run("export", out, "--format", form).stdout
        before = Event.objects.count()
        done = run("import", out, "--publish", "--json")
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["counts"]["unchanged"] == 57
        assert Event.objects.count() == before


def test_an_import_drafts_and_publishes_when_asked(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "register.json"
    file.write_text(write_json(Register((), (replace(PART, round="2014-progress"),))))
    assert run("import", file, "--check").stdout == "Would be: 1 drafted.\n"
    assert stated.draft("FR") is None
    assert run("import", file).stdout == "1 drafted.\n"
    assert stated.draft("FR") is not None
    assert services.part("FR") is None
    assert run("import", file, "--publish").stdout == "1 published.\n"
    assert services.part("FR") == replace(PART, round="2014-progress")
    assert stated.draft("FR") is None
    assert {row.actor for row in Event.objects.filter(action__startswith="register:")} != {"system"}


def test_what_this_node_may_not_say_is_rejected_and_the_rest_goes_on(run: Run, settings, tmp_path: Path) -> None:
    canada = replace(services.member("CA"), number=99)
    for name, text in write_csv(Register((canada,), (replace(PART, country="DE"), PART))).items():
        (tmp_path / name).write_text(text, newline="")
    path = tmp_path / "contacts.csv"
    path.write_text(path.read_text() + "IT,friend,,,,,,\r\n", newline="")
    for words in (("--check",), ()):
        done = run("import", tmp_path, "--json", *words)
        assert done.exit_code == 3
        told = json.loads(done.stdout)
        assert {each["where"] for each in told["rejected"]} == {
            "contacts.csv line 4.role",
            "parts.csv",
            "part of DE",
            "facts of CA",
        }
        assert told["counts"]["drafted"] == 1
    assert json.loads(run("import", tmp_path, "--json").stdout)["counts"]["drafted"] == 0
    settings.SECRETARIAT = "1"
    told = json.loads(run("import", tmp_path, "--json").stdout)
    assert (told["counts"]["facts set"], told["counts"]["drafted"]) == (1, 1)
    assert services.member("CA").number == 99


def test_what_is_no_register_is_refused(run: Run, tmp_path: Path) -> None:
    from rempart.core.errors import InputError

    empty, binary = tmp_path / "empty", tmp_path / "binary.json"
    empty.mkdir()
    binary.write_bytes(b"\xff\xfe")
    for path in (empty, binary):
        done = run("import", path)
        assert isinstance(done.exception, InputError)


def test_who_is_to_be_reminded(run: Run, publish, settings) -> None:  # noqa: F811
    rows = json.loads(run("remind", "--json").stdout)
    assert {row["reminder"] for row in rows}
    assert len({row["code"] for row in rows}) == 55
    assert "no point of contact is stated" in run("remind").stdout
    key = rows[-1]["round"]
    settings.SECRETARIAT = "1"
    publish(replace(PART, country="DE", contacts=(contact(ContactRole.POINT_OF_CONTACT, email="poc@de.example"),)))
    publish(PART, key)
    rows = {(row["round"], row["code"]): row for row in json.loads(run("remind", "--json").stdout)}
    assert (key, "FR") not in rows
    assert rows[key, "DE"]["email"] == "poc@de.example"


def test_members_are_listed(run: Run, publish) -> None:  # noqa: F811
    publish(replace(PART, commitments=(commitment(1),)))
    rows = json.loads(run("list", "--json").stdout)
    assert [row["commitments"] for row in rows if row["code"] in ("FR", "DE")] == [1, None]
    assert "not stated yet" in run("list").stdout
