from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("retention", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="remnant",
            name="place",
            field=models.CharField(
                choices=[("vault", "Vault"), ("outbox", "Outbox")], default="vault", max_length=6
            ),
        ),
        migrations.AlterField(
            model_name="redaction",
            name="kind",
            field=models.CharField(
                choices=[
                    ("message", "Message"),
                    ("statement", "Statement"),
                    ("note", "Note"),
                    ("case_note", "Case Note"),
                ],
                max_length=9,
            ),
        ),
        migrations.AlterField(
            model_name="redaction",
            name="text_id",
            field=models.BigIntegerField(
                help_text="The number of the message, item, assessment or note; it may be gone."
            ),
        ),
    ]
