"""Images that can be compared get numbers; those a node has already, in the order of their rows."""

from typing import Any

from django.db import migrations, models

# As in signals.lists when this migration was written.
MIN_QUALITY = 50
BATCH = 2000


def number_what_is_there(apps: Any, schema_editor: Any) -> None:
    fingerprint = apps.get_model("casework", "Fingerprint")
    images = fingerprint.objects.filter(kind="pdq", quality__gte=MIN_QUALITY).order_by("pk")
    last, batch = 0, []
    for last, image in enumerate(images.only("pk").iterator(chunk_size=BATCH), start=1):
        image.image_number = last
        batch.append(image)
        if len(batch) == BATCH:
            fingerprint.objects.bulk_update(batch, ["image_number"])
            batch.clear()
    fingerprint.objects.bulk_update(batch, ["image_number"])
    apps.get_model("casework", "ImageSeries").objects.create(pk=1, last=last)


class Migration(migrations.Migration):
    dependencies = [("casework", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="ImageSeries",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("last", models.BigIntegerField()),
            ],
            options={"verbose_name_plural": "image series"},
        ),
        migrations.AddField(
            model_name="fingerprint",
            name="image_number",
            field=models.BigIntegerField(
                blank=True, help_text="Of a PDQ that is compared with others; see similar.", null=True, unique=True
            ),
        ),
        migrations.RunPython(number_what_is_there, migrations.RunPython.noop),
    ]
