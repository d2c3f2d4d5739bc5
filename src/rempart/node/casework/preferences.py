"""How each person wants to be shown images: set by themself and read for themself only.

Both functions take the person who acts and nobody else's number, so that there is no way to name another's.
"""

from dataclasses import asdict

from django.db import transaction

from rempart.core.exposure import Blur, Preferences, Size
from rempart.core.permissions import Permission
from rempart.node.audit import services as audit
from rempart.node.casework.models import ViewingPreferences
from rempart.node.people import Person, require_permission


def mine(person: Person) -> Preferences:
    """The most protective ones until the person chose others."""
    row = ViewingPreferences.objects.filter(pk=person.pk).first()
    if row is None:
        return Preferences()
    return Preferences(Size(row.size), Blur(row.blur), row.grey, row.seconds, row.last_step, row.images_per_day)


@transaction.atomic
def choose(person: Person, chosen: Preferences) -> None:
    """The event says that somebody chose, never what: that is theirs alone."""
    require_permission(person, Permission.IMAGE_VIEW)
    ViewingPreferences.objects.update_or_create(person_id=person.pk, defaults=asdict(chosen))
    audit.record("exposure:preferences_chosen", person.actor, actor=person.actor)
