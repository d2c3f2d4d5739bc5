from django.db import models


class HelpLine(models.Model):
    """A number that people of a country may call. It is shown only with its source and the day it was checked."""

    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2, XK for Kosovo.")
    kind = models.CharField(max_length=12)
    number = models.CharField(max_length=30)
    note = models.CharField(max_length=20, default="", blank=True, help_text="A key of `wording.NOTES`.")
    source = models.CharField(max_length=300)
    source_address = models.URLField(max_length=500, default="", blank=True)
    checked_on = models.DateField()
    checked_by = models.CharField(max_length=40, default="", blank=True, help_text="Actor; empty: it shipped so.")
    is_withdrawn = models.BooleanField(default=False)

    class Meta:
        ordering = ["country", "id"]
        constraints = [
            models.UniqueConstraint(fields=["country", "kind", "number"], name="help_line_once"),
        ]
