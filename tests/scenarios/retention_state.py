"""Run inside a made-up node: what each report still holds, and whether what is there can be opened."""

import json

import django

django.setup()

from rempart.core.errors import RempartError  # noqa: E402
from rempart.node import runtime  # noqa: E402
from rempart.node.audit import services as audit  # noqa: E402
from rempart.node.intake import reports  # noqa: E402
from rempart.node.intake.models import Message, Original, Report, ReportItem, StoredFile  # noqa: E402
from rempart.node.retention.models import Remnant  # noqa: E402


def state(report: Report) -> str:
    """ "whole", "erased", or what is wrong."""
    items = ReportItem.objects.filter(report=report)
    rows = [
        items.exclude(sealed=b"").count(),
        StoredFile.objects.filter(report=report).count(),
        Message.objects.filter(report=report).count(),
        Original.objects.filter(report=report).count(),
    ]
    told = sum(1 for fact in audit.events(subject=f"report:{report.pk}", actions=["report:erased"]))
    if rows == [0, 0, 0, 0] and told == 1 and report.closed_reason == "erased" and items.count() == 3:
        return "erased"
    if rows != [3, 2, 1, 1] or told or report.closed_reason:
        return f"half: {rows}, told {told} times"
    try:
        key = reports.key_of(report)
        for item in items:
            reports.open_item(item, key)
        for file in StoredFile.objects.filter(report=report).select_related("report"):
            runtime.vault().read_all(reports.open_file_key(file), file.file_id)
    except RempartError as error:
        return f"cannot be opened: {error}"
    return "whole"


root = runtime.vault()._root
found = {
    "states": [state(report) for report in Report.objects.order_by("pk")],
    "blobs": len(list(root.glob("??/*"))),
    "rows": StoredFile.objects.count(),
    "remnants": Remnant.objects.count(),
    "events": audit.verify().events,
}
print(json.dumps(found))
