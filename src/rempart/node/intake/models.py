from django.db import models

from rempart.core.clients import USUAL
from rempart.core.vocabulary import ItemKind, ReportState, Source


def choices(words: type[Source | ReportState | ItemKind]) -> list[tuple[str, str]]:
    return [(str(word), str(word)) for word in words]


def all_scopes() -> list[str]:
    """All that were there when migration 0002 named this function."""
    return [str(scope) for scope in USUAL]


class Platform(models.Model):
    """An online service that reports to this node with its own credential."""

    name = models.CharField(max_length=120, unique=True)
    username = models.CharField(max_length=60, unique=True)
    secret_digest = models.BinaryField(max_length=32, help_text="SHA-256 of a 256-bit random secret, shown once.")
    former_digest = models.BinaryField(max_length=32, default=b"", blank=True, help_text="The secret before this one.")
    former_until = models.DateTimeField(null=True, blank=True, help_text="Until when the former secret is accepted.")
    scopes = models.JSONField(default=all_scopes, help_text="What it may call, as words of core.clients.Scope.")
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To a quarter of an hour.")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> str:
        return f"platform:{self.pk}"


class Report(models.Model):
    """One act of one reporter. What a person wrote is sealed under the report's own key."""

    reference = models.CharField(max_length=20, unique=True, help_text="What staff and platforms call it.")
    source = models.CharField(max_length=12, choices=choices(Source))
    state = models.CharField(max_length=10, choices=choices(ReportState), default=ReportState.RECEIVED)
    platform = models.ForeignKey(Platform, null=True, blank=True, on_delete=models.PROTECT, related_name="reports")
    received_at = models.DateTimeField()
    occurred_at = models.DateTimeField(null=True, blank=True)
    language = models.CharField(max_length=8, default="en")
    facts = models.JSONField(default=dict, help_text="Neutral yes-or-no facts for priority; no free text.")
    wrapped_key = models.BinaryField(max_length=80, help_text="The report's key, wrapped by the node's key.")
    message_lock = models.BinaryField(
        max_length=32, default=b"", blank=True, help_text="Public half of the report's key, where messages may follow."
    )
    quality = models.PositiveSmallIntegerField(null=True, blank=True)
    quality_findings = models.JSONField(default=list)
    priority = models.PositiveSmallIntegerField(default=0)
    priority_reasons = models.JSONField(default=list)
    receipt_digest = models.BinaryField(max_length=32, null=True, blank=True, unique=True)
    closed_reason = models.CharField(max_length=40, default="", blank=True)
    import_key = models.BinaryField(
        max_length=32, null=True, blank=True, unique=True, help_text="Digest of an imported file and the line in it."
    )

    class Meta:
        indexes = [models.Index(fields=["state", "received_at"], name="report_state")]

    def __str__(self) -> str:
        return self.reference


class PlatformSubmission(models.Model):
    """The life of a platform's submission: open → finished | retracted | expired."""

    class Phase(models.TextChoices):
        OPEN = "open"
        FINISHED = "finished"
        RETRACTED = "retracted"
        EXPIRED = "expired"

    report = models.OneToOneField(Report, on_delete=models.CASCADE, primary_key=True, related_name="submission")
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="submissions")
    phase = models.CharField(max_length=9, choices=Phase.choices, default=Phase.OPEN)
    repeat_key = models.BinaryField(
        max_length=32,
        null=True,
        blank=True,
        help_text="Digest of the body or of the idempotency key; empty once a repeat is a new report again.",
    )
    quality_inputs = models.JSONField(default=dict, help_text="Neutral yes-or-no facts for the quality score.")
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        # Two simultaneous identical submits race to this constraint; the loser answers with the winner's report.
        constraints = [models.UniqueConstraint(fields=["platform", "repeat_key"], name="submission_repeat")]
        indexes = [models.Index(fields=["phase", "changed_at"], name="submission_phase")]

    def __str__(self) -> str:
        return f"submission {self.pk} ({self.phase})"


class ReportAccount(models.Model):
    """That a report concerns an account: one it names, or one of whom it is about. A keyed digest, for links alone.

    It goes with the original that it was read from.
    """

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="accounts")
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "digest"], name="report_account_once")]
        indexes = [models.Index(fields=["digest", "-report"], name="reports_of_account")]

    def __str__(self) -> str:
        return f"an account of report {self.report_id}"


class Original(models.Model):
    """The exact bytes that came in, sealed; kept as they were, whatever we could read of them."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="originals")
    part = models.CharField(max_length=40, help_text="report.xml, fileinfo.xml, report.json, form, csv-line.")
    sealed = models.BinaryField()
    received_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.part} of report {self.report_id}"


class StoredFile(models.Model):
    """An uploaded file: encrypted in the vault under its own key, which the report's key wraps."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="files")
    file_id = models.CharField(max_length=32, unique=True, help_text="32 hex digits; also the vault's blob name.")
    wrapped_key = models.BinaryField(max_length=80)
    sealed_details = models.BinaryField(
        default=b"", blank=True, help_text="Sealed JSON of what the platform says of the file: names, location."
    )
    size = models.BigIntegerField()
    md5 = models.BinaryField(max_length=16)
    sha1 = models.BinaryField(max_length=20)
    sha256 = models.BinaryField(max_length=32)
    viewed_by_platform = models.BooleanField(null=True, blank=True, help_text="Unviewed files stay sealed.")
    publicly_available = models.BooleanField(null=True, blank=True)
    industry_class = models.CharField(max_length=2, default="", blank=True)
    annotations = models.JSONField(default=list, help_text="The platform's flags, such as viral or liveStreaming.")
    name_tag = models.BinaryField(max_length=32, help_text="Keyed digest of the name it was uploaded under.")
    received_at = models.DateTimeField()

    class Meta:
        # An upload whose answer was missed is sent again: the same bytes under the same name are one file.
        constraints = [models.UniqueConstraint(fields=["report", "sha256", "name_tag"], name="file_once")]

    def __str__(self) -> str:
        return f"file {self.file_id}"


class ReportItem(models.Model):
    """One thing a report points to. `sealed` holds its canonical JSON: value and what is known of it."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=choices(ItemKind))
    sealed = models.BinaryField()
    file = models.OneToOneField(StoredFile, null=True, blank=True, on_delete=models.CASCADE, related_name="item")
    found_at = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="files_found")
    content = models.ForeignKey(
        "casework.Content", null=True, blank=True, on_delete=models.PROTECT, related_name="items"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "position"], name="item_position")]

    def __str__(self) -> str:
        return f"item {self.position} of report {self.report_id}"


class Message(models.Model):
    """What a reporter added later with the receipt code, sealed; read only with a reason."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="messages")
    sealed = models.BinaryField()
    repeat_key = models.BinaryField(max_length=32, unique=True)
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"message {self.pk} on report {self.report_id}"


class Feedback(models.Model):
    """What this node tells a platform about a report's outcome."""

    report = models.OneToOneField(Report, on_delete=models.CASCADE, primary_key=True, related_name="feedback")
    outcome = models.CharField(max_length=20)
    useful = models.BooleanField()
    given_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"feedback on report {self.report_id}"
