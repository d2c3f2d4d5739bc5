from django.db import models


class HashList(models.Model):
    """A list of fingerprints this node matches against, and where it came from."""

    name = models.CharField(max_length=120, unique=True)
    category = models.CharField(max_length=40, help_text="Legal category of entries that name none of their own.")
    settles = models.BooleanField(default=True, help_text="A match settles content without anyone viewing it.")
    source = models.CharField(max_length=200, default="", blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    sequence = models.BigIntegerField(default=0, help_text="Number of its last change; 0 before the first.")
    may_share = models.BooleanField(
        default=False, help_text="Its terms allow passing it on; then platforms may be granted it."
    )

    def __str__(self) -> str:
        return self.name


class FoldedList(models.Model):
    """A list that follows from the members' signals by a policy: what it was last folded from, and its note.

    The list's own `sequence` is that of its last change; the heads may have gone on since without one.
    """

    hash_list = models.OneToOneField(HashList, on_delete=models.CASCADE, related_name="folded")
    policy = models.JSONField(help_text="exchange.policy.Policy.document.")
    roster = models.PositiveIntegerField(default=0, help_text="The version of the roster; 0 without one.")
    heads = models.JSONField(default=list, help_text="Origin, size and root of each log.")
    basis = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the policy and the active members.")
    digest = models.BinaryField(default=bytes, help_text="exchange.digest.ListDigest.")
    note = models.TextField(blank=True, help_text="formats.signed_list: what was last signed.")
    noted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"policy of list {self.hash_list_id}"


class ListEntry(models.Model):
    """One fingerprint's entry on one list; a withdrawal is dated, never deleted, and never taken back.

    Where a list follows from signals, a fingerprint that comes back, or changes, is another entry (`edition`).

    It counts from the change `sequence` on until the change `withdrawn_sequence`; one that is withdrawn while its
    import is under way never does, and gets no `sequence`. What is once published of a list is computed from these
    again, so neither they nor an entry's other fields ever change.
    """

    hash_list = models.ForeignKey(HashList, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10)
    value = models.BinaryField(max_length=200)
    category = models.CharField(max_length=40)
    is_video = models.BooleanField(default=False, help_text="The file is known to be a video.")
    added_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    sequence = models.BigIntegerField(null=True, blank=True, help_text="Empty while its import is under way.")
    withdrawn_sequence = models.BigIntegerField(null=True, blank=True)
    edition = models.PositiveIntegerField(
        default=0, help_text="How often the fingerprint stood on the list before; of lists that follow from signals."
    )
    confirmations = models.PositiveIntegerField(default=0, help_text="Governments that confirm it; 0: not stated.")
    number = models.BigIntegerField(null=True, blank=True, help_text="Its number in the feed, where not its id.")

    class Meta:
        verbose_name_plural = "list entries"
        constraints = [
            models.UniqueConstraint(fields=["hash_list", "kind", "value", "edition"], name="entry_once_per_list")
        ]
        indexes = [
            # With the id, pages follow one another within a change of any size without sorting it.
            models.Index(fields=["hash_list", "sequence", "id"], name="entry_sequence"),
            models.Index(
                fields=["hash_list", "withdrawn_sequence", "id"],
                name="entry_withdrawn_sequence",
                condition=models.Q(withdrawn_sequence__isnull=False),
            ),
            models.Index(fields=["number"], name="entry_number", condition=models.Q(number__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk} of list {self.hash_list_id}"


class ListStamp(models.Model):
    """When the changes up to this sequence count for readers who ask by time; see `windows`."""

    hash_list = models.ForeignKey(HashList, on_delete=models.CASCADE, related_name="stamps")
    sequence = models.BigIntegerField()
    at = models.DateTimeField(help_text="A whole second.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hash_list", "sequence"], name="stamp_once")]
        indexes = [models.Index(fields=["hash_list", "at", "sequence"], name="stamp_at")]

    def __str__(self) -> str:
        return f"stamp {self.sequence} of list {self.hash_list_id}"


class ListGrant(models.Model):
    """A platform may have a list, as long as the list's terms allow passing it on."""

    hash_list = models.ForeignKey(HashList, on_delete=models.CASCADE, related_name="grants")
    platform = models.ForeignKey("intake.Platform", on_delete=models.CASCADE, related_name="list_grants")
    granted_at = models.DateTimeField(help_text="Or when the list's terms came to allow it again.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hash_list", "platform"], name="grant_once")]

    def __str__(self) -> str:
        return f"list {self.hash_list_id} for platform {self.platform_id}"


class FeedFile(models.Model):
    """A published file of a list's feed: what stood at `last`, or what changed after `first` up to `last`.

    Its bytes are computed from the entries whenever it is read; `sha256` and `size` are of those bytes.
    """

    hash_list = models.ForeignKey(HashList, on_delete=models.CASCADE, related_name="feed_files")
    is_snapshot = models.BooleanField()
    first = models.BigIntegerField(default=0)
    last = models.BigIntegerField()
    rows = models.BigIntegerField()
    size = models.BigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hash_list", "is_snapshot", "first", "last"], name="feed_file_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} of list {self.hash_list_id}"

    @property
    def name(self) -> str:
        return f"snapshot-{self.last}.csv" if self.is_snapshot else f"changes-{self.first}-{self.last}.csv"


class SignalFeedback(models.Model):
    """What a platform says of an entry; its last word counts."""

    entry = models.ForeignKey(ListEntry, on_delete=models.CASCADE, related_name="feedback")
    platform = models.ForeignKey("intake.Platform", on_delete=models.CASCADE, related_name="signal_feedback")
    is_useful = models.BooleanField()
    reason = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True, blank=True, help_text="When it was put down for those who signed.")

    class Meta:
        verbose_name_plural = "signal feedback"
        constraints = [models.UniqueConstraint(fields=["entry", "platform"], name="one_word_a_platform")]
        indexes = [
            models.Index(fields=["id"], name="feedback_waiting", condition=models.Q(returned_at__isnull=True)),
            models.Index(fields=["-at"], name="feedback_at"),
        ]

    def __str__(self) -> str:
        return f"feedback {self.pk} on entry {self.entry_id}"


class Pull(models.Model):
    """A list that follows another body's Hash Sharing server; its credential lies in the data folder."""

    hash_list = models.OneToOneField(HashList, on_delete=models.CASCADE, related_name="pull")
    url = models.CharField(max_length=500)
    cursor = models.TextField(blank=True)
    pulled_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"pull of list {self.hash_list_id}"


class PulledEntry(models.Model):
    """A fingerprint that an entry of the other body has now: what its deletion withdraws."""

    pull = models.ForeignKey(Pull, on_delete=models.CASCADE, related_name="entries")
    key = models.CharField(max_length=130, help_text="Member and entry there.")
    kind = models.CharField(max_length=10)
    value = models.BinaryField(max_length=1024)

    class Meta:
        verbose_name_plural = "pulled entries"
        constraints = [models.UniqueConstraint(fields=["pull", "key", "kind", "value"], name="pulled_once")]
        indexes = [models.Index(fields=["pull", "kind", "value"], name="pulled_value")]

    def __str__(self) -> str:
        return f"entry {self.pk} of pull {self.pull_id}"
