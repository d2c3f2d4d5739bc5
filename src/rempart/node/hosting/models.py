from django.db import models


class Observation(models.Model):
    """Where a content was found to be hosted at a moment; append-only, because hosts move."""

    content = models.ForeignKey("casework.Content", on_delete=models.PROTECT, related_name="observations")
    at = models.DateTimeField()
    rank = models.PositiveSmallIntegerField(default=0, help_text="0: the address that decides who is competent.")
    outcome = models.CharField(max_length=12, help_text="resolved, no_address, onion or failed")
    ip = models.GenericIPAddressField(null=True, blank=True)
    country = models.CharField(max_length=2, default="", blank=True)
    asn = models.PositiveIntegerField(null=True, blank=True)
    provider = models.CharField(max_length=200, default="", blank=True)
    cdn = models.CharField(max_length=80, default="", blank=True, help_text="Name of the CDN or proxy in front.")
    abuse_mail = models.EmailField(default="", blank=True)
    how = models.CharField(max_length=80, help_text="Sources the facts came from.")

    class Meta:
        indexes = [models.Index(fields=["content", "-at"], name="observation_latest")]

    def __str__(self) -> str:
        return f"observation {self.pk} of content {self.content_id}"
