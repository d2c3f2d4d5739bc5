from importlib.resources import files

from django.db import migrations, models

from rempart.core.register.members import load_members


def fill(apps, schema_editor):
    """Codes, languages and names from the file that ships; a state it does not know keeps its two names."""
    text = files("rempart.node.register").joinpath("data/members.json").read_text(encoding="utf-8")
    shipped = {member.code: member for member in load_members(text)}
    for row in apps.get_model("register", "Member").objects.all():
        member = shipped.get(row.code)
        row.alpha3, row.numeric = (member.alpha3, member.numeric) if member else ("", "")
        row.languages = list(member.languages) if member else ["en"]
        row.names = dict(member.names) if member else {"en": row.name_en, "fr": row.name_fr}
        row.save()


def unfill(apps, schema_editor):
    for row in apps.get_model("register", "Member").objects.all():
        row.name_en, row.name_fr = row.names["en"], row.names["fr"]
        row.save()


class Migration(migrations.Migration):
    dependencies = [("register", "0002_members")]
    operations = [
        migrations.AddField("member", "alpha3", models.CharField(default="", max_length=3), preserve_default=False),
        migrations.AddField(
            "member",
            "numeric",
            models.CharField(
                blank=True, default="", help_text="ISO 3166-1 numeric; empty where there is none.", max_length=3
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "member",
            "languages",
            models.JSONField(default=list, help_text="Codes of its official languages."),
            preserve_default=False,
        ),
        migrations.AddField(
            "member",
            "names",
            models.JSONField(default=dict, help_text="By language code; English and French at least."),
            preserve_default=False,
        ),
        migrations.AlterField("member", "name_en", models.CharField(default="", max_length=80)),
        migrations.AlterField("member", "name_fr", models.CharField(default="", max_length=80)),
        migrations.RunPython(fill, unfill),
        migrations.AlterModelOptions(name="member", options={"ordering": ["code"]}),
        migrations.RemoveField("member", "name_en"),
        migrations.RemoveField("member", "name_fr"),
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("country", models.CharField(max_length=2, unique=True)),
                ("body", models.JSONField(help_text="core.register.part.")),
                ("edited_by", models.CharField(max_length=60)),
                ("edited_at", models.DateTimeField()),
                ("submitted_by", models.CharField(blank=True, max_length=60)),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("country", models.CharField(max_length=2)),
                ("number", models.PositiveIntegerField()),
                ("body", models.JSONField(help_text="core.register.part.")),
                (
                    "source",
                    models.CharField(
                        choices=[("own", "Own"), ("secretariat", "Secretariat"), ("declared", "Declared")],
                        max_length=12,
                    ),
                ),
                (
                    "published_by",
                    models.CharField(help_text="An actor, or the log that declared it.", max_length=210),
                ),
                ("published_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("country", "number"), name="revision_once")],
            },
        ),
    ]
