import json

import pytest
from typer.testing import CliRunner

from rempart.cli import platform as platform_commands
from rempart.cli import reports as report_commands
from rempart.core.errors import InputError
from rempart.core.vocabulary import ItemKind, Source
from rempart.node.audit import services as audit
from rempart.node.intake import imports, services
from rempart.node.intake.imports import import_urls
from rempart.node.intake.models import Original, Platform, Report
from rempart.node.jobs.models import Job

pytestmark = pytest.mark.django_db
FILE = (
    b"url,seen_at,source,note,kind\n"
    b"https://a.example/1#top,2026-02-01T10:00:00Z,partner,a note,\n"
    b"not an address,,,,\n"
    b"\n"
    b"https://b.example/,,,,live_stream\n"
    b"https://c.example/,,,\xff\xfe,\n"
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "urls.csv"
    path.write_bytes(FILE)
    return path


def test_each_line_is_a_report(file):
    result = import_urls(file, Source.POLICE)
    assert (result.added, result.present) == (2, 0)
    assert [row.line for row in result.rejected] == [3, 6]
    assert "UTF-8" in result.rejected[1].reason
    first, second = Report.objects.order_by("pk")
    assert (first.source, first.state, second.occurred_at) == ("police", "received", None)
    assert first.occurred_at.isoformat() == "2026-02-01T10:00:00+00:00"
    item = services.items(first.pk)[0]
    assert (item.kind, item.value) == (ItemKind.URL, "https://a.example/1")
    assert item.details == {"source": "partner", "note": "a note"}
    assert services.items(second.pk)[0].kind == ItemKind.LIVE_STREAM
    assert services.original(first.pk, "csv-line") == FILE.splitlines(keepends=True)[1]
    assert Job.objects.filter(kind="triage").count() == 2
    received = [fact.data["source"] for fact in audit.events(actions=["report:received"])]
    assert received == ["police", "police"]


def test_importing_again_adds_nothing(file):
    import_urls(file, Source.PROACTIVE)
    again = import_urls(file, Source.PROACTIVE)
    assert (again.added, again.present, len(again.rejected)) == (0, 2, 2)
    assert Report.objects.count() == Original.objects.count() == 2


def test_a_run_that_broke_off_is_simply_repeated(tmp_path, monkeypatch):
    path = tmp_path / "urls.csv"
    path.write_text("".join(f"https://site-{number}.example/\n" for number in range(12)))
    monkeypatch.setattr(imports, "_BATCH", 5)
    whole, calls = imports.create_report, []

    def dies_in_the_third_batch(new):
        calls.append(new)
        if len(calls) == 11:
            raise KeyboardInterrupt
        return whole(new)

    with monkeypatch.context() as patch:
        patch.setattr(imports, "create_report", dies_in_the_third_batch)
        with pytest.raises(KeyboardInterrupt):
            import_urls(path, Source.PROACTIVE)
    assert Report.objects.count() == 10
    result = import_urls(path, Source.PROACTIVE)
    assert (result.added, result.present) == (2, 10)


def test_another_file_with_the_same_line_is_another_report(tmp_path):
    for name, more in (("a.csv", ""), ("b.csv", "https://more.example/\n")):
        path = tmp_path / name
        path.write_text("https://a.example/\n" + more)
        import_urls(path, Source.PROACTIVE)
    assert Report.objects.count() == 3


def test_progress_tells_every_byte(file):
    read = []
    import_urls(file, Source.PROACTIVE, read.append)
    assert sum(read) == len(FILE)


def test_other_sources_are_refused(file):
    with pytest.raises(InputError):
        import_urls(file, Source.PLATFORM)


def run(app, *arguments):
    return CliRunner().invoke(app, list(arguments))


def test_the_command_names_rejected_lines_and_exits_with_3(file):
    result = run(report_commands.app, "import", str(file), "--source", "police")
    assert result.exit_code == 3
    assert result.stdout.strip() == "2 reports added, 0 present already, 2 lines rejected."
    assert "line 3:" in result.stderr
    assert "line 6:" in result.stderr
    assert "not an address" not in result.stderr


def test_the_command_exits_with_0_when_all_is_accepted(tmp_path):
    path = tmp_path / "urls.csv"
    path.write_text("https://a.example/\n")
    result = run(report_commands.app, "import", str(path), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"added": 1, "present": 0, "rejected": []}


def test_the_command_refuses_other_sources(file):
    assert run(report_commands.app, "import", str(file), "--source", "platform").exit_code == 2


def test_platform_commands():
    added = run(platform_commands.app, "add", "Example Chat", "--json")
    credential = json.loads(added.stdout)
    shown = run(platform_commands.app, "list", "--json")
    assert [row["username"] for row in json.loads(shown.stdout)] == [credential["username"]]
    assert credential["secret"] not in shown.stdout + run(platform_commands.app, "list").stdout
    assert run(platform_commands.app, "revoke", credential["username"]).exit_code == 0
    assert Platform.objects.get().revoked_at is not None
    plain = run(platform_commands.app, "add", "Example Chat")
    assert "secret:" in plain.stdout
