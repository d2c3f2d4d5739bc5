"""What the queue filters by stands in the case itself; cases a node has already get theirs from what they hold."""

from datetime import UTC, datetime
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from rempart.core.priority import assess_by, reason_mask

BATCH = 2000
FIELDS = ["kind", "reasons", "due_at"]

def fill(apps: Any, schema_editor: Any) -> None:
    case_model = apps.get_model("casework", "Case")
    batch = []
    for case in case_model.objects.select_related("content").order_by("pk").iterator(chunk_size=BATCH):
        case.kind = case.content.kind
        case.reasons = reason_mask(str(reason["code"]) for reason in case.priority_reasons)
        case.due_at = assess_by(case.entered_at, case.priority)
        batch.append(case)
        if len(batch) == BATCH:
            case_model.objects.bulk_update(batch, FIELDS)
            batch.clear()
    case_model.objects.bulk_update(batch, FIELDS)


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0002_image_numbers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "case",
            "reasons",
            models.PositiveIntegerField(default=0, help_text="Codes of the reasons as bits; see core.priority."),
        ),
        migrations.AddField("case", "kind", models.CharField(default="", max_length=12), preserve_default=False),
        migrations.AddField(
            "case",
            "country",
            models.CharField(
                blank=True, default="", help_text="Of the host, where it was looked up.", max_length=2
            ),
        ),
        migrations.AddField(
            "case",
            "due_at",
            models.DateTimeField(
                default=datetime(1970, 1, 1, tzinfo=UTC), help_text="Overdue if nobody has assessed it by then."
            ),
            preserve_default=False,
        ),
        migrations.AddField("case", "undo_until", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "case",
            "undo_to",
            models.CharField(blank=True, default="", help_text="The state before the decision.", max_length=12),
        ),
        migrations.AddField(
            "case",
            "undoable_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="undoable_cases",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "case",
            "decided_with",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="decided_alike",
                to="casework.content",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
