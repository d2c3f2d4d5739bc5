from django.db import models


class HashList(models.Model):
    """A list of fingerprints this node matches against, and where it came from."""

    name = models.CharField(max_length=120, unique=True)
    category = models.CharField(max_length=40, help_text="Legal category of entries that name none of their own.")
    settles = models.BooleanField(default=True, help_text="A match settles content without anyone viewing it.")
    source = models.CharField(max_length=200, default="", blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class ListEntry(models.Model):
    """One fingerprint's entry on one list; a withdrawal is dated, never deleted."""

    hash_list = models.ForeignKey(HashList, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10)
    value = models.BinaryField(max_length=200)
    category = models.CharField(max_length=40)
    added_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "list entries"
        constraints = [models.UniqueConstraint(fields=["hash_list", "kind", "value"], name="entry_once_per_list")]

    def __str__(self) -> str:
        return f"entry {self.pk} of list {self.hash_list_id}"
