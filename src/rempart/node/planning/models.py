from django.db import models


class Plan(models.Model):
    """A question and, run by run, its answer. It names nobody but who asked."""

    asked_by = models.BigIntegerField(help_text="Account of the person.")
    asked_at = models.DateTimeField()
    situation = models.TextField(help_text="JSON of rempart.planning.Situation.")
    origins = models.TextField(help_text="JSON: for each value where it comes from.")
    list_gain = models.FloatField(help_text="Share of the rest that the better list would recognise.")
    seed = models.BigIntegerField()
    runs = models.PositiveSmallIntegerField(help_text="How many runs are to be made.")
    done = models.PositiveSmallIntegerField(default=0)
    followed = models.TextField(default="[]", help_text="JSON: the runs that are done, each with every variant.")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"plan {self.pk}"
