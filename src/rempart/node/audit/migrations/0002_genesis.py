from django.db import migrations


def begin_chain(apps, schema_editor):
    apps.get_model("audit", "Head").objects.create(pk=1, seq=0, digest=bytes(32))


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(begin_chain, migrations.RunPython.noop)]
