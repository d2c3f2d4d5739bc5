from django.db import migrations, models

import rempart.node.intake.models


class Migration(migrations.Migration):

    dependencies = [
        ("intake", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="platform",
            name="former_digest",
            field=models.BinaryField(blank=True, default=b"", help_text="The secret before this one.", max_length=32),
        ),
        migrations.AddField(
            model_name="platform",
            name="former_until",
            field=models.DateTimeField(
                blank=True, help_text="Until when the former secret is accepted.", null=True
            ),
        ),
        migrations.AddField(
            model_name="platform",
            name="scopes",
            field=models.JSONField(
                default=rempart.node.intake.models.all_scopes,
                help_text="What it may call, as words of core.clients.Scope.",
            ),
        ),
        migrations.AddField(
            model_name="platform",
            name="last_used_at",
            field=models.DateTimeField(blank=True, help_text="To a quarter of an hour.", null=True),
        ),
        migrations.AddField(
            model_name="report",
            name="message_lock",
            field=models.BinaryField(
                blank=True,
                default=b"",
                help_text="Public half of the report's key, where messages may follow.",
                max_length=32,
            ),
        ),
    ]
