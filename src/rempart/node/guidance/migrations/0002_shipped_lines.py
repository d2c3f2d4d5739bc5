import json
from datetime import date
from importlib.resources import files

from django.db import migrations


def load(apps, schema_editor):
    text = files("rempart.node.guidance").joinpath("data/help_lines.json").read_text(encoding="utf-8")
    model = apps.get_model("guidance", "HelpLine")
    model.objects.bulk_create(
        model(
            country=country,
            kind=line["kind"],
            number=line["number"],
            note=line["note"],
            source=line["source"],
            source_address=line["source_address"],
            checked_on=date.fromisoformat(line["checked_on"]),
        )
        for line in json.loads(text)
        for country in line["countries"]
    )


class Migration(migrations.Migration):
    dependencies = [("guidance", "0001_initial")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
