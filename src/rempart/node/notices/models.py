from django.db import models

from rempart.core.vocabulary import NoticeState


class HostContact(models.Model):
    """How a host wants to be told: by site, then by provider network."""

    site = models.CharField(max_length=253, unique=True, help_text="Registrable domain, or AS followed by a number.")
    mail = models.EmailField(default="", blank=True)
    http_url = models.URLField(default="", blank=True)
    language = models.CharField(max_length=8, default="en")

    def __str__(self) -> str:
        return self.site


class Notice(models.Model):
    """One notice to one host about one content, followed until removal is confirmed."""

    content = models.OneToOneField("casework.Content", on_delete=models.PROTECT, related_name="notice")
    xarf_id = models.UUIDField(unique=True)
    state = models.CharField(max_length=12, choices=[(str(s), str(s)) for s in NoticeState], default=NoticeState.QUEUED)
    detection_method = models.CharField(max_length=16)
    classification = models.CharField(max_length=12)
    recipient = models.CharField(max_length=254, default="", blank=True)
    channel = models.CharField(max_length=4, default="", blank=True, help_text="mail or http")
    host_country = models.CharField(max_length=2, default="", blank=True)
    created_at = models.DateTimeField()
    first_sent_at = models.DateTimeField(null=True, blank=True)
    last_sent_at = models.DateTimeField(null=True, blank=True)
    sends = models.PositiveSmallIntegerField(default=0)
    escalated_at = models.DateTimeField(null=True, blank=True)
    last_check_at = models.DateTimeField(null=True, blank=True)
    last_availability = models.CharField(max_length=12, default="", blank=True)
    failed_checks_in_row = models.PositiveSmallIntegerField(default=0)
    gone_first_seen_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    reappeared = models.PositiveSmallIntegerField(default=0)
    round = models.PositiveSmallIntegerField(default=0, help_text="One more for each reappearance and each move.")
    look_again = models.BooleanField(default=False, help_text="A new report says that removed content is there.")
    handed_over = models.BooleanField(
        default=False, help_text="Another authority is competent now: checks go on, nothing is sent."
    )

    class Meta:
        indexes = [models.Index(fields=["state"], name="notice_state")]

    def __str__(self) -> str:
        return f"notice {self.pk} ({self.state})"


class Attempt(models.Model):
    """One sending of a notice. The exact message is stored before it leaves, so a repeat is byte-identical.

    Once its bytes are erased, `digest` still shows what they were to whoever has a copy.
    """

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="attempts")
    ordinal = models.PositiveSmallIntegerField()
    round = models.PositiveSmallIntegerField(default=0, help_text="The notice's round it belongs to.")
    purpose = models.CharField(max_length=12, help_text="first, reminder, escalation or reappeared")
    message_id = models.CharField(max_length=120, unique=True)
    message = models.BinaryField(help_text="Empty once it was erased.")
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of the message.")
    channel = models.CharField(max_length=4)
    recipient = models.CharField(max_length=254)
    chosen = models.CharField(max_length=40, help_text="How the recipient was found.")
    prepared_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0, help_text="Tries that failed for the time being.")
    sent_at = models.DateTimeField(null=True, blank=True)
    refused = models.BooleanField(default=False, help_text="The recipient refused it for good.")
    given_up_at = models.DateTimeField(null=True, blank=True, help_text="Refused for good, or overtaken by events.")
    reply = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notice", "ordinal"], name="attempt_once"),
            models.UniqueConstraint(
                fields=["notice"],
                condition=models.Q(sent_at__isnull=True, given_up_at__isnull=True),
                name="one_attempt_under_way",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.ordinal} of notice {self.notice_id}"


class Check(models.Model):
    """One look at whether a content is still reachable; nothing of the content is read or kept."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="checks")
    at = models.DateTimeField()
    availability = models.CharField(max_length=12)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    how = models.CharField(max_length=80)

    def __str__(self) -> str:
        return f"check {self.pk} of notice {self.notice_id}"
