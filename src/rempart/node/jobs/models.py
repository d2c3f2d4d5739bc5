from django.db import models


class Job(models.Model):
    """One step of the journey, a row before it is done.

    Claimed by compare-and-swap on `lease_token`; a lease that ran out (its worker died) is claimed again.
    `(kind, subject)` is unique, so asking twice for one step is one step.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"

    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    priority = models.SmallIntegerField(default=0, help_text="Higher goes first among those due.")
    due_at = models.DateTimeField(help_text="By the node's clock.")
    attempts = models.PositiveIntegerField(default=0)
    lease_token = models.CharField(max_length=32, default="", blank=True)
    lease_until = models.FloatField(default=0.0, help_text="Unix time by the machine's clock, never compressed.")
    last_error = models.CharField(max_length=200, default="", blank=True, help_text="Kind of failure, no content.")
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="job_once")]
        indexes = [models.Index(fields=["state", "due_at"], name="job_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} ({self.state})"
