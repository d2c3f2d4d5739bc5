"""Indexes of the queue's list, apart from the rows' filling: PostgreSQL does not do both in one transaction."""

from django.db import migrations, models

OPEN = models.Q(("decided_at__isnull", True))


class Migration(migrations.Migration):
    dependencies = [("casework", "0003_queue_filters")]

    operations = [
        migrations.RemoveIndex("case", "queue_order"),
        migrations.AddIndex(
            "case",
            models.Index(
                condition=OPEN,
                fields=["-priority", "entered_at", "content", "state", "kind", "country", "reasons", "due_at", "decided_at"],
                name="queue_order",
            ),
        ),
        migrations.AddIndex(
            "case",
            models.Index(
                condition=OPEN,
                fields=["state", "-priority", "entered_at", "content", "kind", "country", "reasons", "due_at", "decided_at"],
                name="queue_state_order",
            ),
        ),
        migrations.AddIndex("case", models.Index(condition=OPEN, fields=["due_at", "content", "decided_at"], name="queue_due")),
        migrations.AddIndex("content", models.Index(fields=["host", "-id"], name="content_of_host")),
    ]
