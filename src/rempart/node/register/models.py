"""The register: facts of members, what each states of itself and is about to, and channels to other countries."""

from django.db import models


class Member(models.Model):
    """A state, its names and its dated relation to the alliance."""

    code = models.CharField(max_length=2, primary_key=True, help_text="ISO 3166-1 alpha-2, XK for Kosovo.")
    alpha3 = models.CharField(max_length=3)
    numeric = models.CharField(max_length=3, blank=True, help_text="ISO 3166-1 numeric; empty where there is none.")
    number = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Place in the register.")
    languages = models.JSONField(help_text="Codes of its official languages.")
    names = models.JSONField(help_text="By language code; English and French at least.")
    founded = models.DateField(null=True, blank=True)
    invited = models.DateField(null=True, blank=True)
    acceded = models.DateField(null=True, blank=True)
    left = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Draft(models.Model):
    """What a member's part is to become: edited until it is submitted, and gone once it is published or discarded."""

    country = models.CharField(max_length=2, unique=True)
    body = models.JSONField(help_text="core.register.part.")
    edited_by = models.CharField(max_length=60)
    edited_at = models.DateTimeField()
    submitted_by = models.CharField(max_length=60, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"draft of {self.country}"


class Revision(models.Model):
    """A member's part as it was published. Revisions are never changed nor removed."""

    class Source(models.TextChoices):
        OWN = "own"
        """By this member's own node: this one."""
        SECRETARIAT = "secretariat"
        DECLARED = "declared"
        """By the member's own node, which is another one."""

    country = models.CharField(max_length=2)
    number = models.PositiveIntegerField()
    body = models.JSONField(help_text="core.register.part.")
    source = models.CharField(max_length=12, choices=Source.choices)
    published_by = models.CharField(max_length=210, help_text="An actor, or the log that declared it.")
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["country", "number"], name="revision_once")]

    def __str__(self) -> str:
        return f"revision {self.number} of {self.country}"


class CountryRoute(models.Model):
    """How this node reaches a country that is no member: the named channel its reports take."""

    country = models.CharField(max_length=2, primary_key=True)
    channel = models.CharField(max_length=120)

    def __str__(self) -> str:
        return f"{self.country}: {self.channel}"
