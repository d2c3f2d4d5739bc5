"""What decoding found out about files, and what lists know: the part of the models that recognition writes."""

from django.db import models


class FileFacts(models.Model):
    """What decoding a file's content found out; `failure` is a neutral word where it could not be decoded."""

    content = models.OneToOneField(
        "casework.Content", on_delete=models.CASCADE, primary_key=True, related_name="file_facts"
    )
    mime = models.CharField(max_length=80, default="", blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    frames = models.PositiveIntegerField(
        null=True, blank=True, help_text="Of an animated image those it has, of a video those that were fingerprinted."
    )
    seconds = models.FloatField(null=True, blank=True, help_text="Length of a video; empty for anything else.")
    failure = models.CharField(max_length=80, default="", blank=True)

    def __str__(self) -> str:
        return f"facts of content {self.content_id}"


class VideoFrames(models.Model):
    """The fingerprinted frames of a video: numbers, times, PDQ and qualities as `videos.packed` writes them."""

    content = models.OneToOneField(
        "casework.Content", on_delete=models.CASCADE, primary_key=True, related_name="video_frames"
    )
    packed = models.BinaryField()

    class Meta:
        verbose_name_plural = "video frames"

    def __str__(self) -> str:
        return f"frames of content {self.content_id}"


class Match(models.Model):
    """A hit of a content's fingerprint on a list entry.

    Of a video's frames, one for each list and category, on the entry that most of them are near: `frames` and `percent`
    say how many of those compared are near any entry of that list and category.
    """

    content = models.ForeignKey("casework.Content", on_delete=models.CASCADE, related_name="matches")
    entry = models.ForeignKey("lists.ListEntry", on_delete=models.PROTECT, related_name="matches")
    list_name = models.CharField(max_length=120)
    category = models.CharField(max_length=40)
    how = models.CharField(max_length=8, help_text="exact or near")
    distance = models.PositiveSmallIntegerField(null=True, blank=True)
    frames = models.PositiveIntegerField(null=True, blank=True)
    percent = models.FloatField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "matches"
        constraints = [models.UniqueConstraint(fields=["content", "entry"], name="match_once")]

    def __str__(self) -> str:
        return f"match of content {self.content_id} on {self.list_name}"
