"""examples/small_server/report.py against a real node: one report for each file that a person decided on."""

import subprocess
import sys
from pathlib import Path

import pytest
from screening import Desk, Entry, Screening, Undecided, Verdict

from rempart.node.intake import platforms
from rempart.node.intake.models import Report

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

PROGRAM = Path(__file__).parents[2] / "examples" / "small_server" / "report.py"


class Matching:
    def screen(self, data):
        return Screening(Verdict.MATCH, (Entry("Example list", "7", "baseline", "hashes.csv", "near"),))


@pytest.fixture
def report(tmp_path, live_server):
    """Start the program with a person's answers."""
    user, secret = platforms.add_platform("Example Forum")
    settings = {"REPORT_URL": live_server.url, "REPORT_USER": user, "REPORT_SECRET": secret}

    def program(answers: str, *options: str, **changes: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(PROGRAM), str(tmp_path), *options]
        return subprocess.run(
            command, input=answers, env=settings | changes, capture_output=True, text=True, timeout=60, check=False
        )

    return program


@pytest.fixture
def desk(tmp_path):
    desk = Desk(Matching(), tmp_path, Undecided.HOLD)
    for name in ("upload-1", "upload-2"):
        desk.admit(name, f"bytes of {name}".encode())
    return desk


@pytest.mark.parametrize(("options", "files"), [((), 0), (("--with-file",), 1)])
def test_what_a_person_decided_on_is_reported_once(report, desk, options, files):
    first = report("y\nn\n", *options)
    assert first.returncode == 0, first.stderr
    assert first.stdout.count("Report it?") == 2
    assert "Example list (baseline)" in first.stdout
    (made,) = Report.objects.all()
    assert made.submission.phase == "finished"
    assert made.files.count() == files
    second = report("n\n", *options)
    assert second.stdout.count("Report it?") == 1
    assert Report.objects.count() == 1


def test_a_refused_report_is_taken_up_again(report, desk):
    refused = report("y\n", REPORT_SECRET="wrong")
    assert refused.returncode == 1
    assert "answered 401" in refused.stderr
    assert Report.objects.count() == 0
    assert report("y\ny\n").stdout.count("reported as") == 2
