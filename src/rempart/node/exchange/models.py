"""What this node says to the others, and what it believes of what they say."""

from django.db import models


class Subject(models.Model):
    """The number under which the members know one content: random, so that it tells nothing of this node's counts."""

    content = models.BigIntegerField(unique=True, help_text="casework's number of it.")
    number = models.BigIntegerField(unique=True)

    def __str__(self) -> str:
        return f"subject {self.pk}"


class Outgoing(models.Model):
    """A signal of this node, from its decision until it stands in the node's log.

    The salt is written before the log is: what a crash left in doubt is found again in the log by its commitment. A
    fingerprint has at most one signal that waits, so the order within a batch never changes which word is the last.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed"
        """A dispute that a person has not sent."""
        WAITING = "waiting"
        STOPPED = "stopped"
        """By a canary."""
        SIGNED = "signed"
        DROPPED = "dropped"
        """Overtaken by another decision before it was said."""

    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    action = models.PositiveSmallIntegerField(help_text="exchange.signals.Action.")
    kind = models.CharField(max_length=10)
    value = models.BinaryField(max_length=1024)
    content = models.BigIntegerField(help_text="The number under which the members know the content.")
    at = models.DateTimeField()
    category = models.CharField(max_length=10, blank=True)
    basis = models.CharField(max_length=20, blank=True)
    verifiers = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=10, blank=True)
    salt = models.BinaryField(max_length=16, null=True, blank=True)
    log_index = models.BigIntegerField(null=True, blank=True, unique=True)
    stopped_by = models.ForeignKey("Canary", null=True, blank=True, on_delete=models.PROTECT)
    erase_at = models.DateTimeField(null=True, blank=True, help_text="When it is to be destroyed.")
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="outgoing_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["state", "-id"], name="outgoing_state"),
            models.Index(fields=["kind", "value"], name="outgoing_value"),
            models.Index(fields=["content"], name="outgoing_content"),
            models.Index(fields=["erase_at"], name="outgoing_erase", condition=models.Q(erase_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"outgoing signal {self.pk}"


class Word(models.Model):
    """The last word of one member (this one too) on one fingerprint, from its verified and cosigned log."""

    origin = models.CharField(max_length=200, help_text="The member's log.")
    kind = models.CharField(max_length=10)
    value = models.BinaryField(max_length=1024)
    action = models.PositiveSmallIntegerField()
    content = models.BigIntegerField()
    at = models.DateTimeField()
    category = models.CharField(max_length=10, blank=True)
    basis = models.CharField(max_length=20, blank=True)
    verifiers = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=10, blank=True)
    log_index = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "value", "origin"], name="one_last_word")]
        indexes = [models.Index(fields=["origin", "log_index"], name="word_in_log")]

    def __str__(self) -> str:
        return f"word {self.pk} of {self.origin}"


class Peer(models.Model):
    """Another member's log as far as this node follows it: at most 63 hashes, whatever its size."""

    origin = models.CharField(max_length=200, unique=True)
    frontier = models.BinaryField(help_text="exchange.tree.Frontier.")
    note = models.TextField(blank=True, help_text="The last checkpoint that was believed.")
    size = models.BigIntegerField(default=0)
    checked_at = models.DateTimeField(null=True, blank=True)
    hinted_at = models.DateTimeField(null=True, blank=True, help_text="When it said that there is something new.")
    advanced_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    refusal = models.CharField(max_length=40, blank=True, help_text="Why the last look was refused.")

    def __str__(self) -> str:
        return self.origin


class Witnessed(models.Model):
    """The last checkpoint of a log that this node cosigned; it moves forward by compare-and-swap alone."""

    origin = models.CharField(max_length=200, unique=True)
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField(blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.origin


class Proof(models.Model):
    """Two checkpoints that one log signed and that cannot both be true; published for everyone."""

    origin = models.CharField(max_length=200)
    first = models.TextField()
    second = models.TextField()
    steps = models.TextField(blank=True, help_text="exchange.evidence: what shows it, for two sizes.")
    found_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["origin", "first", "second"], name="proof_once")]

    def __str__(self) -> str:
        return f"proof {self.pk} against {self.origin}"


class FeedbackDue(models.Model):
    """How many platforms here find a member's signal useful or wrong, until the member was told."""

    origin = models.CharField(max_length=200)
    content = models.BigIntegerField(help_text="The member's number of it.")
    kind = models.CharField(max_length=10)
    useful = models.PositiveIntegerField()
    wrong = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "feedback due"
        constraints = [models.UniqueConstraint(fields=["origin", "content", "kind"], name="feedback_due_once")]

    def __str__(self) -> str:
        return f"feedback due {self.pk} to {self.origin}"


class PeerFeedback(models.Model):
    """The same the other way round: what a member's node tells of a signal of this node."""

    sender = models.CharField(max_length=60, help_text="The credential that it used.")
    content = models.BigIntegerField()
    kind = models.CharField(max_length=10)
    useful = models.PositiveIntegerField()
    wrong = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "peer feedback"
        constraints = [models.UniqueConstraint(fields=["sender", "content", "kind"], name="peer_feedback_once")]

    def __str__(self) -> str:
        return f"feedback {self.pk} of {self.sender}"


class Canary(models.Model):
    """A benign fingerprint that must never be listed: a signal for it stops before it is signed."""

    label = models.CharField(max_length=120)
    kind = models.CharField(max_length=10)
    value = models.BinaryField(max_length=1024)
    added_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "canaries"
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="canary_once")]

    def __str__(self) -> str:
        return self.label


class Declared(models.Model):
    """The newest declaration of one kind by one member (this one too), as the member signed it."""

    origin = models.CharField(max_length=200, help_text="The member's log.")
    kind = models.CharField(max_length=31)
    country = models.CharField(max_length=2)
    number = models.BigIntegerField()
    issued_at = models.DateTimeField()
    digest = models.CharField(max_length=64, db_index=True, help_text="SHA-256 of the signed part.")
    key = models.CharField(max_length=64, help_text="The log key that verified it; it counts while the roster has it.")
    data = models.BinaryField(max_length=4 * 1024 * 1024)
    taken_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "declared"
        constraints = [models.UniqueConstraint(fields=["origin", "kind"], name="declared_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.number} of {self.origin}"


class DeclarationDue(models.Model):
    """What this node wants to declare, until a process that holds the log's key has signed it."""

    kind = models.CharField(max_length=31, unique=True)
    body = models.BinaryField(max_length=4 * 1024 * 1024, help_text="Canonical JSON.")
    asked_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "declarations due"

    def __str__(self) -> str:
        return f"{self.kind} to be declared"


class DeclarationRefused(models.Model):
    """A member's declarations of one kind are refused, until one of them counts."""

    origin = models.CharField(max_length=200)
    kind = models.CharField(max_length=31)
    refusal = models.CharField(max_length=20, help_text="exchange.declarations.Refusal.")
    since = models.DateTimeField()

    class Meta:
        verbose_name_plural = "declarations refused"
        constraints = [models.UniqueConstraint(fields=["origin", "kind"], name="declaration_refused_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.origin}: {self.refusal}"


class Contradiction(models.Model):
    """Two different declarations that one member signed under one number; kept for good."""

    origin = models.CharField(max_length=200)
    kind = models.CharField(max_length=31)
    number = models.BigIntegerField()
    first = models.BinaryField(max_length=4 * 1024 * 1024)
    second = models.BinaryField(max_length=4 * 1024 * 1024)
    found_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["origin", "kind", "number"], name="contradiction_once")]

    def __str__(self) -> str:
        return f"{self.origin} declared {self.kind} {self.number} twice"
