from django.conf import settings
from django.db import models

from rempart.core.vocabulary import ReferralState


class Referral(models.Model):
    """What another authority needs. Anything about a person waits for a person's recorded decision."""

    class Target(models.TextChoices):
        MEMBER = "member"
        NON_MEMBER = "non_member"
        POLICE = "police"

    key = models.CharField(max_length=80, unique=True, help_text="Makes proposing the same referral twice one.")
    reference = models.CharField(max_length=24, unique=True)
    content = models.ForeignKey("casework.Content", null=True, blank=True, on_delete=models.PROTECT)
    report = models.ForeignKey("intake.Report", null=True, blank=True, on_delete=models.PROTECT)
    target = models.CharField(max_length=12, choices=Target.choices)
    country = models.CharField(max_length=2, default="", blank=True)
    channel = models.CharField(max_length=120)
    about_person = models.BooleanField()
    state = models.CharField(max_length=10, choices=[(str(s), str(s)) for s in ReferralState])
    why = models.CharField(max_length=300, help_text="Why this authority is competent.")
    legal_basis = models.CharField(max_length=300, default="", blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="referral_decisions"
    )
    decision_reason = models.TextField(default="", blank=True)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    exported_at = models.DateTimeField(null=True, blank=True)
    document_digest = models.BinaryField(max_length=32, default=b"", blank=True)
    file_erased_at = models.DateTimeField(null=True, blank=True, help_text="The digest stays.")

    def __str__(self) -> str:
        return self.reference
