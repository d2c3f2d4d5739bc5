from django.conf import settings
from django.db import models


class Edition(models.Model):
    """One report somebody asked for; once made it never changes. A later one for the same has the next `revision`."""

    class State(models.TextChoices):
        ASKED = "asked"
        MADE = "made"
        FAILED = "failed"

    kind = models.CharField(max_length=10)
    member = models.CharField(max_length=2, blank=True, default="", help_text="Empty for the alliance's.")
    year = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=2)
    revision = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=6, choices=State.choices, default=State.ASKED)
    problem = models.TextField(default="", blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True, blank=True)
    pages = models.PositiveSmallIntegerField(default=0)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "member", "year", "language", "revision"], name="one_edition_a_revision"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name of its files, without the ending: the same for good."""
        return f"{self.kind}-{self.year}-{(self.member or 'alliance').lower()}-{self.language}-{self.revision}"


class EditionFile(models.Model):
    """One form of an edition, byte for byte."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="files")
    form = models.CharField(max_length=4)
    data = models.BinaryField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "form"], name="one_file_a_form")]

    def __str__(self) -> str:
        return f"{self.edition_id}.{self.form}"


class Statement(models.Model):
    """What an authority declared for a field of a transparency report, as staff entered it. The last one counts.

    `content` is {"number": n}, {"rows": {name: n}}, {"text": "…"} or {} where the field is not available after all.
    """

    kind = models.CharField(max_length=10)
    year = models.PositiveSmallIntegerField()
    field = models.CharField(max_length=60)
    content = models.JSONField()
    declared_by = models.CharField(max_length=200, blank=True, default="")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["kind", "year"], name="statement_of_report")]

    def __str__(self) -> str:
        return f"{self.kind} {self.year} {self.field}"
