from django.db import models


class KeptState(models.Model):
    """The count as it stood after one event: the one row from which every process counts on."""

    rules = models.PositiveSmallIntegerField(help_text="The version of the rules it was counted by.")
    seq = models.BigIntegerField(help_text="The last event that is in it.")
    digest = models.BinaryField(max_length=32, help_text="That event's link of the chain: it binds all before it.")
    state = models.BinaryField(help_text="core.figures.packing; numbers of contents and notices, no content.")

    def __str__(self) -> str:
        return f"counted to event {self.seq}"


class FinalMonth(models.Model):
    """A month as it is published for good."""

    month = models.CharField(max_length=7, primary_key=True)
    release = models.BinaryField(help_text="core.figures.packing: published cells and pooled durations.")

    def __str__(self) -> str:
        return self.month


class DeclaredValue(models.Model):
    """What this member says of a year, since no event of the node tells it. Append-only: the newest counts."""

    key = models.CharField(max_length=60, help_text="The indicator.")
    year = models.PositiveSmallIntegerField()
    value = models.FloatField(null=True, blank=True, help_text="Empty: not available, which is not 0.")
    note = models.CharField(max_length=300, help_text="Where the value is from.")
    at = models.DateTimeField()
    actor = models.CharField(max_length=60)

    class Meta:
        indexes = [models.Index(fields=["key", "year", "id"], name="declared_newest")]

    def __str__(self) -> str:
        return f"{self.key} {self.year}"


class MemberFigures(models.Model):
    """Another member's published figures, as they were brought in by hand; the newest of each member."""

    country = models.CharField(max_length=2, primary_key=True)
    counted_to = models.DateTimeField()
    document = models.BinaryField(help_text="The file as it came.")
    sha256 = models.BinaryField(max_length=32)
    imported_at = models.DateTimeField()
    actor = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.country
