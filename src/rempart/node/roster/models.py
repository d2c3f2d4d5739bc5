"""The versions of the roster that this node adopted, and what its roster key signed."""

from django.db import models


class RosterVersion(models.Model):
    """A version as it was adopted, with the signatures that count. Versions are never changed nor removed."""

    version = models.PositiveIntegerField(unique=True)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the signed part.")
    data = models.BinaryField(max_length=512 * 1024)
    adopted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"roster {self.version}"


class PendingChange(models.Model):
    """The proposal of a version that this node's roster key signed: one of each version, so that no two can count."""

    version = models.PositiveIntegerField(unique=True)
    digest = models.CharField(max_length=64)
    data = models.BinaryField(max_length=512 * 1024)
    signed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"proposal of roster {self.version}"
