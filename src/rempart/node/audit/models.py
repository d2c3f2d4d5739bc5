from django.db import models


class Event(models.Model):
    """One link of the chain: what happened, to what, by whom, why. Never edited, never deleted."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=60, help_text="system, public, staff:ID or platform:ID.")
    action = models.CharField(max_length=60, help_text="source:subject-matter, such as content:decided.")
    subject = models.CharField(max_length=80, help_text="kind:ID of the thing acted on.")
    data = models.TextField(help_text="Canonical JSON of neutral facts; no protected data.")
    reason = models.TextField(default="", blank=True)
    previous = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            models.Index(fields=["subject"], name="event_subject"),
            models.Index(fields=["action", "at"], name="event_action"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action} {self.subject}"


class Head(models.Model):
    """The chain's single head: the row every append locks, so that writers cannot fork it."""

    seq = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"head at {self.seq}"
