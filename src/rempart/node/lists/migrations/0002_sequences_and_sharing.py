"""Lists get sequences and may be shared; what was on a list before is its first change, what was withdrawn its second."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def number_what_is_there(apps: Any, schema_editor: Any) -> None:
    hash_list, entry = apps.get_model("lists", "HashList"), apps.get_model("lists", "ListEntry")
    entry.objects.update(sequence=1)
    entry.objects.filter(withdrawn_at__isnull=False).update(withdrawn_sequence=2)
    hash_list.objects.filter(pk__in=entry.objects.values("hash_list")).update(sequence=1)
    withdrawn = entry.objects.filter(withdrawn_at__isnull=False).values("hash_list")
    hash_list.objects.filter(pk__in=withdrawn).update(sequence=2)


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_initial"), ("lists", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="hashlist",
            name="may_share",
            field=models.BooleanField(
                default=False, help_text="Its terms allow passing it on; then platforms may be granted it."
            ),
        ),
        migrations.AddField(
            model_name="hashlist",
            name="sequence",
            field=models.BigIntegerField(default=0, help_text="Number of its last change; 0 before the first."),
        ),
        migrations.AddField(
            model_name="listentry",
            name="sequence",
            field=models.BigIntegerField(blank=True, help_text="Empty while its import is under way.", null=True),
        ),
        migrations.AddField(
            model_name="listentry",
            name="withdrawn_sequence",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="listentry",
            index=models.Index(fields=["hash_list", "sequence"], name="entry_sequence"),
        ),
        migrations.AddIndex(
            model_name="listentry",
            index=models.Index(
                condition=models.Q(("withdrawn_sequence__isnull", False)),
                fields=["hash_list", "withdrawn_sequence"],
                name="entry_withdrawn_sequence",
            ),
        ),
        migrations.CreateModel(
            name="FeedFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_snapshot", models.BooleanField()),
                ("first", models.BigIntegerField(default=0)),
                ("last", models.BigIntegerField()),
                ("rows", models.BigIntegerField()),
                ("size", models.BigIntegerField(help_text="Bytes.")),
                ("sha256", models.CharField(max_length=64)),
                (
                    "hash_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="feed_files", to="lists.hashlist"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("hash_list", "is_snapshot", "first", "last"), name="feed_file_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ListGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("granted_at", models.DateTimeField()),
                (
                    "hash_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="grants", to="lists.hashlist"
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="list_grants", to="intake.platform"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("hash_list", "platform"), name="grant_once")],
            },
        ),
        migrations.RunPython(number_what_is_there, migrations.RunPython.noop),
    ]
