from django.conf import settings
from django.db import models

# Django looks for models here.
from rempart.node.casework.recognised import FileFacts as FileFacts
from rempart.node.casework.recognised import Match as Match
from rempart.node.casework.recognised import VideoFrames as VideoFrames


class Content(models.Model):
    """What report items point to, once each: by canonical URL or SHA-256.

    `key` is a keyed digest, so an account's name need not be stored to be recognised; `locator` holds URLs only.
    """

    kind = models.CharField(max_length=12)
    key = models.BinaryField(max_length=32, unique=True)
    locator = models.TextField(default="", blank=True)
    host = models.CharField(max_length=253, default="", blank=True, db_index=True)
    site = models.CharField(max_length=253, default="", blank=True, db_index=True)
    first_seen_at = models.DateTimeField()
    times_reported = models.PositiveIntegerField(default=0)
    legality = models.CharField(max_length=12, default="", blank=True, help_text="Standing result; empty: unknown.")
    basis = models.CharField(max_length=20, default="", blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["host", "-id"], name="content_of_host")]

    def __str__(self) -> str:
        return f"content {self.pk}"


class Fingerprint(models.Model):
    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="fingerprints")
    kind = models.CharField(max_length=10)
    value = models.BinaryField(max_length=200)
    quality = models.PositiveSmallIntegerField(null=True, blank=True, help_text="PDQ quality, 0 to 100.")
    image_number = models.BigIntegerField(
        null=True, blank=True, unique=True, help_text="Of a PDQ that is compared with others; see similar."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["content", "kind"], name="one_fingerprint_a_kind")]
        indexes = [models.Index(fields=["kind", "value"], name="fingerprint_value")]

    def __str__(self) -> str:
        return f"{self.kind} of content {self.content_id}"


class ImageSeries(models.Model):
    """The last number that an image took: the single row every numbering locks, so that numbers show in their order."""

    last = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "image series"

    def __str__(self) -> str:
        return f"images up to {self.last}"


# With what says that a case is open, though it is empty in each row here: SQLite reads the rows for it otherwise.
_FILTERED = ("state", "kind", "country", "reasons", "due_at", "decided_at")
_BUT_COUNTRY = ("state", "kind", "reasons", "due_at", "decided_at")


class Case(models.Model):
    """A content's place in the queue, claimed by compare-and-swap on (`state`, `claimed_by`, `claimed_until`).

    `decided_at` is empty exactly while the case is open. A decision with `undo_until` has not been acted on yet: its
    author undoes it, or the step "act" ends that time, by compare-and-swap on `undo_until`; only one of them wins.
    `kind`, `country` and `reasons` repeat what is said elsewhere, so that one index answers every filter of the list.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SECOND_LOOK = "second_look"
        ARBITRATION = "arbitration"
        DECIDED = "decided"

    content = models.OneToOneField(Content, on_delete=models.CASCADE, primary_key=True, related_name="case")
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    priority = models.PositiveSmallIntegerField(default=0)
    priority_reasons = models.JSONField(default=list)
    reasons = models.PositiveIntegerField(default=0, help_text="Codes of the reasons as bits; see core.priority.")
    kind = models.CharField(max_length=12)
    country = models.CharField(
        max_length=2,
        default="",
        blank=True,
        help_text="Of the host; until it was looked up, of whom a report is about.",
    )
    entered_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="Overdue if nobody has assessed it by then.")
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="claimed_cases",
        db_index=False,
    )
    claimed_until = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    undo_until = models.DateTimeField(null=True, blank=True)
    undo_to = models.CharField(max_length=12, default="", blank=True, help_text="The state before the decision.")
    undoable_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="undoable_cases"
    )
    decided_with = models.ForeignKey(
        Content, null=True, blank=True, on_delete=models.SET_NULL, related_name="decided_alike"
    )

    class Meta:
        # The list's filters read nothing but these: one that fits few cases passes over the rest in the index.
        indexes = [
            models.Index(
                fields=["-priority", "entered_at", "content", *_FILTERED],
                name="queue_order",
                condition=models.Q(decided_at__isnull=True),
            ),
            models.Index(
                fields=["state", "-priority", "entered_at", "content", *_FILTERED[1:]],
                name="queue_state_order",
                condition=models.Q(decided_at__isnull=True),
            ),
            models.Index(
                fields=[
                    "country",
                    "-priority",
                    "entered_at",
                    "content",
                    "state",
                    "kind",
                    "reasons",
                    "due_at",
                    "decided_at",
                ],
                name="queue_country_order",
                condition=models.Q(decided_at__isnull=True),
            ),
            models.Index(
                fields=["due_at", "content", "decided_at"],
                name="queue_due",
                condition=models.Q(decided_at__isnull=True),
            ),
            # Of those that somebody holds alone: nobody holds most, and an index of all is then not used.
            models.Index(
                fields=["claimed_by", "claimed_until"],
                name="queue_held",
                condition=models.Q(claimed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"case of content {self.content_id} ({self.state})"


class Assessment(models.Model):
    """One opinion on one content: append-only. `assessor` is empty where a match or a prior decision settled it."""

    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="assessments")
    assessor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="assessments"
    )
    at = models.DateTimeField()
    country = models.CharField(max_length=2)
    legality = models.CharField(max_length=12)
    age_band = models.CharField(max_length=16)
    gender = models.CharField(max_length=16)
    offences = models.JSONField(default=list)
    characteristics = models.JSONField(default=list)
    site_type = models.CharField(max_length=16)
    commerciality = models.CharField(max_length=16)
    basis = models.CharField(max_length=20)
    second_look = models.CharField(max_length=12)
    note = models.TextField(default="", blank=True)

    def __str__(self) -> str:
        return f"assessment {self.pk} of content {self.content_id}"


class PoliceHold(models.Model):
    """While one stands, no notice about the content leaves; only its owner releases it."""

    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="holds")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="holds")
    reason = models.TextField()
    placed_at = models.DateTimeField()
    deadline = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["content"], condition=models.Q(released_at__isnull=True), name="one_standing_hold"
            )
        ]

    def __str__(self) -> str:
        return f"hold on content {self.content_id}"


class Note(models.Model):
    """What a person noted about a case, sealed under a key of its own: destroying `wrapped_key` destroys the note."""

    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notes")
    at = models.DateTimeField()
    name = models.CharField(max_length=32, unique=True, help_text="Random; what its key and its text are bound to.")
    wrapped_key = models.BinaryField(max_length=80)
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"note {self.pk} on content {self.content_id}"


class SavedView(models.Model):
    """Filters of the queue under a name of one person's; `query` is an address's query of known words only."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=300)
    is_shared = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="one_view_of_a_name")]

    def __str__(self) -> str:
        return f"view {self.pk}"


class Exposure(models.Model):
    """Who was shown what, how, and for how long at most. Kept for the person's protection, not to measure work.

    `fetched_at` is when the one image of this step was given out; `ended_at` when the person hid it or went on. Until
    then, and never beyond `seconds`, it was to be seen.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="exposures")
    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="exposures")
    at = models.DateTimeField()
    how = models.CharField(max_length=40, help_text="grey-blurred-small, grey-sharp, ...")
    max_side = models.PositiveSmallIntegerField(default=0)
    blur = models.PositiveSmallIntegerField(default=0)
    seconds = models.PositiveSmallIntegerField(default=30)
    fetched_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["person", "at"], name="exposure_of_person")]

    def __str__(self) -> str:
        return f"exposure {self.pk}"


class ViewingPreferences(models.Model):
    """How one person wants to be shown images. No page and no command shows or changes another person's."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="viewing_preferences"
    )
    size = models.CharField(max_length=10)
    blur = models.CharField(max_length=10)
    grey = models.BooleanField()
    seconds = models.PositiveSmallIntegerField()
    last_step = models.PositiveSmallIntegerField()
    images_per_day = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "viewing preferences"

    def __str__(self) -> str:
        return f"preferences of person {self.person_id}"


class BudgetDecision(models.Model):
    """A person's own decision to go on past the day's budget, with their reason: theirs alone to read."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="budget_decisions")
    at = models.DateTimeField()
    reason = models.TextField()

    def __str__(self) -> str:
        return f"budget decision {self.pk}"


class Restriction(models.Model):
    """A case that only its owner, named people or the holders of one role may know more of than that it exists."""

    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="restrictions")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="owned_restrictions")
    role = models.CharField(max_length=20, default="", blank=True)
    reason = models.TextField()
    placed_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["content"], condition=models.Q(lifted_at__isnull=True), name="one_standing_restriction"
            )
        ]

    def __str__(self) -> str:
        return f"restriction of content {self.content_id}"


class RestrictionMember(models.Model):
    """A person to whom a restricted case is open by name."""

    restriction = models.ForeignKey(Restriction, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="restricted_cases")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["restriction", "person"], name="restriction_member_once")]

    def __str__(self) -> str:
        return f"member {self.person_id} of restriction {self.restriction_id}"


class BrokenGlass(models.Model):
    """A restricted case opened without its owner, for a time and a reason; shown to the owner until seen."""

    restriction = models.ForeignKey(Restriction, on_delete=models.CASCADE, related_name="broken")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="broken_glass")
    reason = models.TextField()
    at = models.DateTimeField()
    until = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True, help_text="When the owner took note.")

    class Meta:
        verbose_name_plural = "broken glass"

    def __str__(self) -> str:
        return f"broken glass {self.pk}"


class Release(models.Model):
    """A request that files leave the node as evidence: decided by a second person, taken once (`core.release`)."""

    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="releases")
    requested_at = models.DateTimeField()
    recipient = models.CharField(max_length=200)
    legal_basis = models.CharField(max_length=300)
    reason = models.TextField()
    digest = models.BinaryField(max_length=32)
    approved = models.BooleanField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="decided_releases"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(default="", blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True) | ~models.Q(decided_by=models.F("requested_by")),
                name="release_by_two_people",
            )
        ]

    def __str__(self) -> str:
        return f"release {self.pk}"


class ReleaseFile(models.Model):
    """One file of a release: `stored_file` is intake's number of it."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="files")
    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="released_files")
    stored_file = models.BigIntegerField()
    sha256 = models.BinaryField(max_length=32)
    size = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "content"], name="released_once")]

    def __str__(self) -> str:
        return f"file of release {self.release_id}"
