from django.db import models


class Member(models.Model):
    """A state and its dated relation to the alliance."""

    code = models.CharField(max_length=2, primary_key=True, help_text="ISO 3166-1 alpha-2, XK for Kosovo.")
    number = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Place in the register.")
    name_en = models.CharField(max_length=80)
    name_fr = models.CharField(max_length=80)
    founded = models.DateField(null=True, blank=True)
    invited = models.DateField(null=True, blank=True)
    acceded = models.DateField(null=True, blank=True)
    left = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["name_en"]

    def __str__(self) -> str:
        return self.name_en


class CountryRoute(models.Model):
    """How this node reaches a country that is no member: the named channel its reports take."""

    country = models.CharField(max_length=2, primary_key=True)
    channel = models.CharField(max_length=120)

    def __str__(self) -> str:
        return f"{self.country}: {self.channel}"
