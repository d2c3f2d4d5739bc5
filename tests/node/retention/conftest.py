"""Reports that were closed, the rules of a test, and what is left of what they held."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import transaction
from node.casework.conftest import second_senior, submit, told, upload, work  # noqa: F401

from rempart.core.retention import Configuration
from rempart.node import runtime
from rempart.node.audit import services as audit
from rempart.node.casework.models import Content
from rempart.node.intake import reports
from rempart.node.intake.models import Message, Original, Report, ReportItem, StoredFile
from rempart.node.jobs.models import Job
from rempart.node.retention.models import Remnant


def rules(*given: dict, since: date = date(2026, 1, 1)) -> Configuration:
    named = [{"name": f"{one['kind']}-rule", "why": "For a test.", **one} for one in given]
    return Configuration.from_mapping({"format": 1, "version": [{"from": since, "rule": named}]})


@pytest.fixture(autouse=True)
def short_rules(settings) -> None:
    """Reports go after 100 days, their messages after 60, their files after 40, exposures after 400."""
    settings.RETENTION_RULES = rules(
        {"kind": "report", "days": 100},
        {"kind": "report_messages", "days": 60},
        {"kind": "report_files", "days": 40},
        {"kind": "exposures", "days": 400},
    )


@pytest.fixture
def closed(submit, work, clock) -> Callable[..., int]:  # noqa: F811
    """A report with an item, a file, a message and its exact bytes, closed now; returns its id."""

    def come_and_go(number: int = 0, legality: str = "national", **how) -> int:
        report_id = submit(
            ("url", f"https://host.example/{number}"),
            ("account", f"made-up-{number}"),
            files=[f"a made-up file {number}".encode()],
            **how,
        )
        work()
        report = Report.objects.get(pk=report_id)
        add_message(report, f"a made-up message {number}")
        Content.objects.filter(items__report=report_id).update(legality=legality)
        close(report_id)
        return report_id

    return come_and_go


def add_message(report: Report, text: str) -> Message:
    sealed = reports.seal_message(report, text)
    now = runtime.clock().now()
    key = f"{report.pk}/{text}/{now}".encode()[:32].ljust(32)
    return Message.objects.create(report=report, sealed=sealed, repeat_key=key, sent_at=now)


@transaction.atomic
def close(report_id: int) -> None:
    Report.objects.filter(pk=report_id).update(state="closed")
    Job.objects.filter(kind="follow").delete()
    audit.record("report:closed", f"report:{report_id}", data={"from": "actioned"})


def holdings(report_id: int) -> dict[str, int]:
    """What a report still holds."""
    return {
        "items": ReportItem.objects.filter(report=report_id).exclude(sealed=b"").count(),
        "files": StoredFile.objects.filter(report=report_id).count(),
        "messages": Message.objects.filter(report=report_id).count(),
        "originals": Original.objects.filter(report=report_id).count(),
    }


ALL = {"items": 3, "files": 1, "messages": 1, "originals": 1}
NOTHING = {"items": 0, "files": 0, "messages": 0, "originals": 0}


def blobs() -> set[str]:
    return {path.name for path in runtime.vault()._root.glob("??/*")}


@pytest.fixture
def vault_is_clean() -> Callable[[], None]:
    """The vault holds the files that rows name, and no other."""
    before = blobs()

    def check() -> None:
        named = set(StoredFile.objects.values_list("file_id", flat=True))
        assert blobs() - before == named
        assert not Remnant.objects.exists()

    return check


def days(count: float) -> timedelta:
    return timedelta(days=count)
