"""Template tags of every page (built in, no `load` needed)."""

from dataclasses import dataclass
from datetime import datetime

from django import template
from django.conf import settings
from django.template.context import RequestContext
from django.urls import NoReverseMatch, reverse, translate_url
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from rempart.core.permissions import Permission
from rempart.node import phrases, tongues

register = template.Library()
register.filter("phrase", phrases.phrase)
register.filter("words", phrases.words)
register.filter("printed", phrases.printed)
register.filter("defanged", phrases.defanged)
register.filter("defanged_text", phrases.defanged_text)
register.filter("capital", tongues.capital)
register.filter("day", tongues.day)
register.filter("day_and_time", tongues.day_and_time)

_STAFF_PAGES: tuple[tuple[Permission, str, Promise], ...] = (
    (Permission.QUEUE_VIEW, "casework:queue", _("Queue")),
    (Permission.NOTICE_VIEW, "notices:list", _("Notices")),
    (Permission.REFERRAL_VIEW, "referrals:list", _("Referrals")),
    (Permission.EVIDENCE_REQUEST, "evidence:list", _("Evidence")),
    (Permission.LISTS_VIEW, "lists:list", _("Lists")),
    (Permission.SIGNALS_VIEW, "exchange:signals", _("Signals")),
    (Permission.EXCHANGE_VIEW, "exchange:health", _("Exchange")),
    (Permission.FIGURES_INTERNAL, "reports:overview", pgettext_lazy("published", "Reports")),
    (Permission.FIGURES_INTERNAL, "figures:declared", _("Declared figures")),
    (Permission.REGISTER_VIEW, "register:list", _("Register")),
    (Permission.RETENTION_VIEW, "retention:overview", _("Retention")),
    (Permission.AUDIT_VIEW, "audit:list", _("Audit")),
    (Permission.PLANNING_USE, "planning:start", _("Planning")),
    (Permission.REGISTER_EDIT, "help_lines:list", _("Help lines")),
    (Permission.TRANSLATIONS_CONFIRM, "languages:list", _("Translations")),
    (Permission.IMAGE_VIEW, "care:own", _("Your care")),
    (Permission.STAFF_MANAGE, "staff:people", _("People")),
)


@dataclass(frozen=True, slots=True)
class Link:
    name: str | Promise
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """A page in another language; `direction` is that of the language's own name."""

    name: str
    address: str
    code: str
    direction: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class LanguageLinks:
    current: LanguageLink
    all: tuple[LanguageLink, ...]


@register.simple_tag
def stamp(at: datetime | None) -> str:
    """A time in a column whose head says that it is UTC; nothing where there is none."""
    return _time(at, "")


@register.simple_tag
def utc(at: datetime | None) -> str:
    """A time with its zone; nothing where there is none."""
    return _time(at, " UTC")


def _time(at: datetime | None, zone: str) -> str:
    if at is None:
        return ""
    return format_html('<time class="moment" datetime="{}">{}{}</time>', at.isoformat(), phrases.moment(at), zone)


@register.simple_tag(takes_context=True)
def language_links(context: RequestContext) -> LanguageLinks:
    """This page in every language the node speaks, each named in itself."""
    path, spoken = context["request"].path, get_language() or tongues.SOURCE
    links = tuple(
        LanguageLink(
            tongues.own_name(code), translate_url(path, code), code, tongues.direction(code), is_current=code == spoken
        )
        for code, _name in settings.LANGUAGES
    )
    return LanguageLinks(next(link for link in links if link.is_current), links)


@register.simple_tag(takes_context=True)
def english_address(context: RequestContext) -> str:
    """This page in English, the language it was written in."""
    return translate_url(context["request"].path, tongues.SOURCE)


@register.simple_tag(takes_context=True)
def staff_links(context: RequestContext) -> list[Link]:
    """The parts of the workplace this person's roles open."""
    request = context["request"]
    login = getattr(request, "staff_login", None)
    if login is None or not login.factor:
        return []
    # A page of the same app belongs to the same part: a case is in the queue's. One's own account is no part.
    is_own = request.path.startswith(reverse("staff:account"))
    area = request.resolver_match.app_name if request.resolver_match and not is_own else ""
    parts = [page.partition(":")[0] for _permission, page, _name in _STAFF_PAGES]
    found = []
    for permission, page, name in _STAFF_PAGES:
        try:
            address = reverse(page)
        except NoReverseMatch:
            continue
        if request.user.may(permission):
            app = page.partition(":")[0]
            # Where an app has several parts, the address tells which one it is.
            is_current = app == area and (parts.count(app) == 1 or request.path.startswith(address))
            found.append(Link(name, address, is_current))
    return found
