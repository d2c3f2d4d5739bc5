from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("notices", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="attempt",
            name="digest",
            field=models.BinaryField(default=b"", help_text="SHA-256 of the message.", max_length=32),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="attempt",
            name="message",
            field=models.BinaryField(help_text="Empty once it was erased."),
        ),
    ]
