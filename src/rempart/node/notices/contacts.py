"""The node's own knowledge of how hosts want to be told; where it knows nothing, registries and RFC 2142 are used."""

import re

from django.core.exceptions import ValidationError
from django.db import transaction

from rempart.core.content import canonical_url
from rempart.core.errors import InputError, NotFound
from rempart.node.audit import services as audit
from rempart.node.notices.models import HostContact


@transaction.atomic
def set_contact(site: str, *, mail: str = "", http_url: str = "", language: str = "en", actor: str = "system") -> str:
    """Set the contact of a registrable domain or of a network ("AS64496"); returns the site as it is kept."""
    if not mail and not http_url:
        raise InputError("a contact needs an address.", where="contact", advice="Give a mail address or an HTTP one.")
    kept = _site(site)
    contact = HostContact.objects.filter(site=kept).first() or HostContact(site=kept)
    contact.mail, contact.http_url, contact.language = mail, http_url, language
    try:
        contact.full_clean()
    except ValidationError as error:
        raise InputError(" ".join(error.messages), where="contact", advice="Correct the address.") from error
    contact.save()
    audit.record("contact:set", f"contact:{contact.pk}", actor=actor, data={"channel": "http" if http_url else "mail"})
    return kept


@transaction.atomic
def remove_contact(site: str, *, actor: str = "system") -> None:
    """Forget a contact; raises NotFound."""
    kept = _site(site)
    contact = HostContact.objects.filter(site=kept).first()
    if contact is None:
        raise NotFound(f"there is no contact for {kept}.", where="contact", advice="See `rempart contacts list`.")
    audit.record("contact:removed", f"contact:{contact.pk}", actor=actor)
    contact.delete()


def all_contacts() -> list[tuple[str, str, str]]:
    """Site, address and language of every contact, by site."""
    return [(row.site, row.http_url or row.mail, row.language) for row in HostContact.objects.order_by("site")]


def _site(text: str) -> str:
    network = re.fullmatch(r"(?:as)?(\d{1,10})", text.strip(), re.IGNORECASE)
    return f"AS{network[1]}" if network else canonical_url(text, where="site").registrable_domain
