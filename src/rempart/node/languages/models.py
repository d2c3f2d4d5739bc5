from django.conf import settings
from django.db import models


class Confirmation(models.Model):
    """What a person says of the translation of one sentence: it is right as `text` has it.

    Rows are added, never changed, but for `undone_at`. The newest that is not undone counts, whatever catalogue ships
    later. `key` changes with the English text: what was said of another text does not count for a new one.
    """

    language = models.CharField(max_length=8)
    key = models.CharField(max_length=16)
    english = models.JSONField()
    text = models.JSONField()
    is_correction = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["language", "key"], name="confirmation_sentence")]
