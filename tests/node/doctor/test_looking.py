"""What a process of its own cannot easily show: ages, disks, clocks, and who serves what."""

import json
import os
import re
from collections import namedtuple
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from exchange.roster_people import alliance

from rempart.adapters.home import Home
from rempart.node.audit import checkpoints
from rempart.node.audit import services as audit
from rempart.node.doctor import findings, machine, record, surfaces, work
from rempart.node.doctor.findings import Severity
from rempart.node.exchange.models import DeclarationRefused
from rempart.node.roster import services as roster

Usage = namedtuple("Usage", "total used free")


def only(found, check: str):
    [one] = [finding for finding in found if finding.check == check]
    return one


class TestFindings:
    ALL = (
        findings.ok("a", "x"),
        findings.info("b", "x"),
        findings.warning("c", "x", "y"),
        findings.error("d", "x", "y"),
    )

    @pytest.mark.parametrize(
        ("count", "severity", "code"), [(0, "ok", 0), (1, "ok", 0), (2, "info", 0), (3, "warning", 3)]
    )
    def test_the_gravest_decides(self, count, severity, code):
        assert findings.worst(self.ALL[:count]) == severity
        assert findings.exit_code(self.ALL[:count]) == code

    def test_an_error_is_an_error_in_any_order(self):
        assert findings.exit_code(reversed(self.ALL)) == 1

    def test_the_form_for_programs_is_stable(self):
        assert json.loads(json.dumps(findings.document(self.ALL[2:3]))) == {
            "format": "rempart doctor 1",
            "worst": "warning",
            "findings": [{"check": "c", "severity": "warning", "what": "x", "advice": "y"}],
        }

    @pytest.mark.parametrize(
        ("seconds", "text"), [(5, "less than a minute"), (60, "1 minute"), (7300, "2 hours"), (86_400 * 3, "3 days")]
    )
    def test_ages_are_said_in_one_unit(self, seconds, text):
        assert findings.span(timedelta(seconds=seconds)) == text


class TestMachine:
    @pytest.fixture
    def home(self, tmp_path: Path) -> Home:
        made = Home(tmp_path / "home")
        made.create()
        return made

    @pytest.mark.parametrize(("free", "severity"), [(50, "ok"), (19, "warning"), (4, "error")])
    def test_a_disk_that_fills_up(self, home, monkeypatch, free, severity):
        monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: Usage(100, 100 - free, free))
        assert only(machine.look(home, {}), "disk").severity == severity

    def test_a_clock_that_was_lost(self, home, monkeypatch):
        monkeypatch.setattr(machine.time, "time", lambda: 0.0)
        assert only(machine.look(home, {}), "clock").severity is Severity.ERROR

    def test_a_disk_with_another_clock(self, home, monkeypatch):
        real = machine.time.time
        monkeypatch.setattr(machine.time, "time", lambda: real() + 3600)
        assert only(machine.look(home, {}), "clock").severity is Severity.WARNING

    def test_a_key_that_is_gone(self, home):
        (home.keys_directory / "lookup.key").unlink()
        found = only(machine.look(home, {}), "folder")
        assert found.severity is Severity.ERROR
        assert "Restore" in found.advice

    def test_a_secret_that_is_not_there(self, home):
        found = only(machine.look(home, {"REMPART_SMTP_PASSWORD_FILE": "/nowhere"}), "secrets")
        assert found.severity is Severity.ERROR

    def test_asked_as_root(self, home, monkeypatch):
        monkeypatch.setattr(machine.os, "geteuid", lambda: 0)
        assert only(machine.look(home, {}), "owner").severity is Severity.WARNING

    def test_a_folder_of_another_account(self, home, monkeypatch):
        another = os.geteuid() + 4711
        monkeypatch.setattr(machine.os, "geteuid", lambda: another)
        assert only(machine.look(home, {}), "owner").severity is Severity.ERROR


class TestSurfaces:
    def process(self, root: Path, number: int, home: Path, surface: str | None) -> None:
        folder = root / str(number)
        folder.mkdir(parents=True)
        (folder / "cmdline").write_bytes(b"python\0-m\0granian\0rempart.node.wsgi:application\0")
        named = f"REMPART_SURFACE={surface}\0" if surface else ""
        (folder / "environ").write_bytes(f"PATH=/bin\0REMPART_HOME={home}\0{named}".encode())

    def test_one_process_for_all_is_doubtful_in_production(self, settings, home, tmp_path):
        self.process(tmp_path, 7, home.path, None)
        settings.MODE = "production"
        assert only(surfaces.look(tmp_path), "surfaces").severity is Severity.WARNING

    def test_apart_they_are_named(self, settings, home, tmp_path):
        settings.MODE = "production"
        for number, name in enumerate(("staff", "public"), 7):
            self.process(tmp_path, number, home.path, name)
        self.process(tmp_path, 99, tmp_path / "another node", None)
        found = only(surfaces.look(tmp_path), "surfaces")
        assert (found.severity, found.what) == (Severity.OK, "Served apart here: public, staff.")

    def test_processes_closed_to_one_another_are_said_to_be(self, home, tmp_path, monkeypatch):
        self.process(tmp_path, 7, home.path, "public")
        real = Path.read_bytes

        def read(path: Path) -> bytes:
            if path.name == "environ":
                raise PermissionError
            return real(path)

        monkeypatch.setattr(Path, "read_bytes", read)
        found = only(surfaces.look(tmp_path), "surfaces")
        assert (found.severity, "may not look into" in found.what) == (Severity.INFO, True)

    def test_what_cannot_be_read_is_another_accounts(self, home, tmp_path):
        (tmp_path / "8" / "cmdline").mkdir(parents=True)
        assert only(surfaces.look(tmp_path), "surfaces").severity is Severity.INFO

    @pytest.mark.parametrize(
        ("name", "value", "check"),
        [
            ("SESSION_COOKIE_SAMESITE", "Lax", "cookies"),
            ("CSRF_COOKIE_SECURE", False, "cookies"),
            ("SECURE_HSTS_SECONDS", 60, "tls"),
            ("SECURE_SSL_REDIRECT", False, "tls"),
            ("ALLOWED_HOSTS", [".hotline.example"], "hosts"),
            ("CONTENT_SECURITY_POLICY", {"DIRECTIVES": {"default-src": ["'unsafe-inline'"]}}, "policy"),
        ],
    )
    def test_a_setting_made_looser_is_found(self, settings, tmp_path, name, value, check):
        settings.MODE, settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = "production", True, 31_536_000
        settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
        assert only(surfaces.look(tmp_path), check).severity is Severity.OK
        setattr(settings, name, value)
        assert only(surfaces.look(tmp_path), check).severity is Severity.ERROR


@pytest.mark.django_db
class TestRecord:
    def tell(self, action: str = "case:claimed", **data: object) -> None:
        with transaction.atomic():
            audit.record(action, "node:backup", data=data)

    @pytest.mark.parametrize(("days", "severity"), [(0, "ok"), (3, "warning"), (9, "error")])
    def test_a_backup_grows_old(self, clock, days, severity):
        self.tell("backup:taken", keys=False)
        clock.advance(days=days)
        assert only(record.look(), "backup").severity == severity

    def test_keys_that_were_never_backed_up(self, clock):
        self.tell("backup:taken", keys=False)
        assert only(record.look(), "backup_keys").severity is Severity.WARNING
        self.tell("backup:taken", keys=True)
        self.tell("backup:taken", keys=False)
        assert only(record.look(), "backup_keys").severity is Severity.OK

    def test_an_event_that_waits_long_for_its_checkpoint(self, clock, settings):
        checkpoints.write()
        self.tell()
        assert only(record.look(), "checkpoint").severity is Severity.OK
        clock.advance(minutes=settings.CHECKPOINT_MINUTES * 3 + 1)
        assert only(record.look(), "checkpoint").severity is Severity.WARNING
        checkpoints.write()
        assert only(record.look(), "checkpoint").severity is Severity.OK

    def test_a_clock_that_went_back(self, clock):
        self.tell()
        clock.advance(hours=-3)
        assert only(record.look(), "events_clock").severity is Severity.ERROR

    def test_a_copy_that_lags_behind(self, clock, settings, tmp_path):
        self.tell()
        checkpoints.write()
        settings.CHECKPOINT_COPY = str(tmp_path)
        assert only(record.look(), "checkpoint_copy").severity is Severity.WARNING

    @pytest.mark.parametrize(("days", "severity"), [(0, "ok"), (330, "warning"), (366, "error")])
    def test_a_roster_that_expires(self, clock, days, severity):
        assert only(work.look(), "roster").severity is Severity.INFO
        roster.adopt([alliance(3).to_bytes()], is_vouched_for=True)
        clock.moment = roster.current().expires - timedelta(days=365) + timedelta(days=days)
        assert only(work.look(), "roster").severity == severity

    def test_declarations_that_do_not_count(self, clock):
        assert only(work.look(), "peers").severity is Severity.OK
        row = DeclarationRefused.objects.create(
            origin="hotline.de.example/log", kind="register", refusal="unsigned", since=clock.now()
        )
        assert only(work.look(), "peers").severity is Severity.WARNING
        row.refusal = "contradicted"
        row.save()
        assert only(work.look(), "peers").severity is Severity.ERROR

    def test_a_far_database_without_tls(self, settings, monkeypatch):
        monkeypatch.setattr(record.connection, "vendor", "postgresql", raising=False)
        monkeypatch.setitem(settings.DATABASES["default"], "HOST", "db.hotline.example")
        assert record._encrypted().severity is Severity.ERROR
        monkeypatch.setenv("PGSSLMODE", "verify-full")
        assert record._encrypted().severity is Severity.OK


def test_the_page_names_every_check(repository: Path):
    """docs/operating.md lists the checks that findings name, and no other."""
    sources = [*(repository / "src/rempart/node/doctor").glob("*.py"), repository / "src/rempart/cli/doctor.py"]
    called = r"\b(?:ok|info|warning|error)\(\s*\"([a-z_]+)\""
    used = {name for path in sources for name in re.findall(called, path.read_text())}
    section = (repository / "docs/operating.md").read_text().partition("## Doctor")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z_]+)` \|", section, re.M)) == used
