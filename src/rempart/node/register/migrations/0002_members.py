from importlib.resources import files

from django.db import migrations

from rempart.core.register.members import load_members


def load(apps, schema_editor):
    text = files("rempart.node.register").joinpath("data/members.json").read_text(encoding="utf-8")
    model = apps.get_model("register", "Member")
    model.objects.bulk_create(
        model(
            code=member.code,
            number=member.number,
            name_en=member.names["en"],
            name_fr=member.names["fr"],
            founded=member.founded,
            invited=member.invited,
            acceded=member.acceded,
            left=member.left,
        )
        for member in load_members(text)
    )


class Migration(migrations.Migration):
    dependencies = [("register", "0001_initial")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
