from django.conf import settings
from django.db import models

from rempart.core.redaction import Ground
from rempart.core.retention import LegalBasis


def _choices(words: type[LegalBasis] | type[Ground]) -> list[tuple[str, str]]:
    return [(str(word), str(word)) for word in words]


class PreservationHold(models.Model):
    """While one stands, nothing it covers is erased: a report, or a content with the reports that point to it.

    It stands until it is released, whatever its deadline: the deadline says when somebody has to look at it again.
    """

    report = models.ForeignKey("intake.Report", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    content = models.ForeignKey("casework.Content", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="preservation_holds")
    reason = models.TextField()
    placed_at = models.DateTimeField()
    deadline = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(report__isnull=True) ^ models.Q(content__isnull=True), name="hold_on_one_thing"
            )
        ]

    def __str__(self) -> str:
        return f"preservation hold {self.pk}"


class HoldExtension(models.Model):
    """A later deadline, with who set it and why: append-only."""

    hold = models.ForeignKey(PreservationHold, on_delete=models.PROTECT, related_name="extensions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    deadline = models.DateTimeField()
    reason = models.TextField()

    def __str__(self) -> str:
        return f"extension {self.pk} of hold {self.hold_id}"


class ErasureRequest(models.Model):
    """One person's data is to be erased: asked by one member of staff, approved by another. It names reports only."""

    class Subject(models.TextChoices):
        REPORTER = "reporter"
        SUSPECT = "suspect"
        PLATFORM_USER = "platform_user"

    class State(models.TextChoices):
        REQUESTED = "requested"
        APPROVED = "approved"
        REFUSED = "refused"

    subject = models.CharField(max_length=14, choices=Subject.choices)
    reports = models.ManyToManyField("intake.Report", related_name="+")
    basis = models.CharField(max_length=16, choices=_choices(LegalBasis))
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(default="", blank=True)

    def __str__(self) -> str:
        return f"erasure request {self.pk} ({self.state})"


class Redaction(models.Model):
    """That a passage of a text was removed for good, by whom and why; never the passage."""

    class Kind(models.TextChoices):
        MESSAGE = "message"
        STATEMENT = "statement"
        NOTE = "note"
        CASE_NOTE = "case_note"

    kind = models.CharField(max_length=9, choices=Kind.choices)
    text_id = models.BigIntegerField(help_text="The number of the message, item, assessment or note; it may be gone.")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="redactions")
    at = models.DateTimeField()
    ground = models.CharField(max_length=20, choices=_choices(Ground))
    reason = models.TextField()

    def __str__(self) -> str:
        return f"redaction of {self.kind} {self.text_id}"


class Remnant(models.Model):
    """A file whose row says that it is gone: it is deleted next, and this row after it."""

    class Place(models.TextChoices):
        VAULT = "vault"
        OUTBOX = "outbox"

    place = models.CharField(max_length=6, choices=Place.choices, default=Place.VAULT)
    file_id = models.CharField(max_length=32, unique=True)

    def __str__(self) -> str:
        return f"remnant {self.file_id}"


class Survey(models.Model):
    """What the last look found due, held and kept: one row, for the page."""

    at = models.DateTimeField()
    lines = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"survey of {self.at}"
