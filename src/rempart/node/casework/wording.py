"""What staff read for the field's words: short, neutral, exact."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from rempart.core.exposure import Blur, BudgetState, Size
from rempart.core.priority import Level
from rempart.core.release import ReleaseState
from rempart.core.vocabulary import AgeBand, Characteristic, Commerciality, Gender, Offence, Role, SiteType
from rempart.node.phrases import Text, words

STATES: Mapping[str, Text] = {
    "waiting": _("Waiting"),
    "second_look": _("Second look"),
    "arbitration": _("Arbitration"),
    "decided": _("Decided"),
}
LEVELS: Mapping[Level, Text] = {
    "urgent": _("Urgent"),
    "high": _("High"),
    "normal": _("Normal"),
    "low": _("Low"),
}
LEVEL_STYLES: Mapping[Level, str] = {"urgent": "danger", "high": "attention", "normal": "", "low": ""}
AGE_BANDS: Mapping[str, Text] = {
    AgeBand.INFANT: _("Infant"),
    AgeBand.PRE_PUBESCENT: _("Pre-pubescent"),
    AgeBand.PUBESCENT: _("Pubescent"),
    AgeBand.NOT_DETERMINED: _("Not determined"),
}
GENDERS: Mapping[str, Text] = {
    Gender.FEMALE: _("Female"),
    Gender.MALE: _("Male"),
    Gender.BOTH: _("Both"),
    Gender.NOT_DETERMINED: _("Not determined"),
}
OFFENCES: Mapping[str, Text] = {
    Offence.PRODUCTION: _("Production"),
    Offence.DISTRIBUTION: _("Distribution"),
    Offence.TRADE: _("Trade"),
    Offence.POSSESSION: _("Possession"),
    Offence.VIEWING: _("Viewing"),
    Offence.SOLICITATION: _("Solicitation"),
    Offence.LIVE_STREAMED_ABUSE: _("Live-streamed abuse"),
    Offence.EXTORTION: _("Extortion"),
}
CHARACTERISTICS: Mapping[str, Text] = {
    Characteristic.VIRTUAL_OR_GENERATED: _("Virtual or generated"),
    Characteristic.SELF_GENERATED: _("Self-generated"),
    Characteristic.SEXTORTION: _("Sextortion"),
    Characteristic.LIVE_STREAMED: _("Live-streamed"),
    Characteristic.COMMERCIAL: _("Commercial"),
}
SITE_TYPES: Mapping[str, Text] = {
    SiteType.NOT_APPLICABLE: _("Not applicable"),
    SiteType.WEBSITE: _("Website"),
    SiteType.FILE_HOST: _("File host"),
    SiteType.IMAGE_STORE: _("Image store"),
    SiteType.IMAGE_BOARD: _("Image board"),
    SiteType.IMAGE_HOST: _("Image host"),
    SiteType.FORUM: _("Forum"),
    SiteType.BLOG: _("Blog"),
    SiteType.SOCIAL_NETWORK: _("Social network"),
    SiteType.LINK_SITE: _("Link site"),
    SiteType.REDIRECTOR: _("Redirector"),
    SiteType.BANNER: _("Banner"),
    SiteType.SEARCH: _("Search engine"),
    SiteType.WEB_ARCHIVE: _("Web archive"),
}
COMMERCIALITIES: Mapping[str, Text] = {
    Commerciality.NOT_DETERMINED: _("Not determined"),
    Commerciality.YES: _("Commercial"),
    Commerciality.NO: _("Not commercial"),
}
BASES: Mapping[str, Text] = {
    "list_match": _("matched a list"),
    "prior_assessment": _("assessed before"),
    "analyst": _("assessed by a person"),
}
SOURCES: Mapping[str, Text] = {
    "public": _("Public"),
    "victim_self": _("Person concerned"),
    "platform": _("Platform"),
    "member": _("Member"),
    "police": _("Police"),
    "proactive": _("Found by the hotline"),
}
FAILURES: Mapping[str, Text] = {
    "not_an_image": _("This file is neither an image nor a video that can be shown."),
    "no_video_decoder": _("This file is not an image that can be shown, and this node has no decoder for videos."),
    "over_limit": _("This file is larger than the viewer takes."),
}
SHOWN: Mapping[str, Text] = {
    "grey-blurred-small": _("small, grey and blurred"),
    "grey-lightly-blurred": _("grey and lightly blurred"),
    "grey-sharp": _("grey and sharp"),
    "colour-blurred-small": _("small and blurred"),
    "colour-lightly-blurred": _("lightly blurred"),
    "colour-sharp": _("sharp"),
}
REASONS: Mapping[str, Text] = {
    "child_in_danger": _("A child may be in danger now"),
    "live_stream": _("Live stream"),
    "sextortion": _("Sextortion"),
    "solicitation": _("Solicitation of a child"),
    "escalated_by_platform": _("Escalated by a platform"),
    "unknown_material": _("Material that no list knows"),
    "source_victim_self": _("Reported by the person concerned"),
    "source_police": _("Reported by police"),
    "source_member": _("Reported by another member"),
    "source_public": _("Reported by the public"),
    "source_platform": _("Reported by a platform"),
    "source_proactive": _("Found by the hotline"),
    "very_recent": _("Very recent"),
    "recent": _("Recent"),
    "fairly_recent": _("Fairly recent"),
    "repeat_site": _("Site reported before"),
    "repeat_report": _("Same content reported before"),
    "quality": _("Quality of the report"),
}
HAND_BACK: Mapping[str, Text] = {
    "not_now": _("Not now, or not for me"),
    "language": _("Needs another language"),
    "specialist": _("Needs a specialist"),
    "more_facts": _("More facts are needed first"),
    "involved": _("I am involved"),
}
SEARCH_BY: Mapping[str, Text] = {
    "case": _("Case number"),
    "reference": _("Report reference"),
    "address": _("Web address"),
    "host": _("Host"),
    "fingerprint": _("Fingerprint"),
    "receipt": _("Receipt number"),
}
ALIKE: Mapping[str, Text] = {
    "decided": _("decided"),
    "second_look": _("waits for a second look"),
    "arbitration": _("goes to arbitration"),
    "passed_over": _("left as it is: a colleague holds it, or it is not open to you"),
}


SIZES: Mapping[str, Text] = {
    Size.SMALL: _("Small: 96, then 240, then 480 pixels"),
    Size.MEDIUM: _("Medium: 160, then 320, then 560 pixels"),
    Size.LARGE: _("Large: 240, then 400, then 640 pixels"),
}
BLURS: Mapping[str, Text] = {
    Blur.STRONGEST: _("Strongest"),
    Blur.STRONG: _("Strong"),
    Blur.LIGHT: _("Light"),
}
STEPS: Mapping[int, Text] = {
    1: _("Never more than small and blurred"),
    2: _("Never more than lightly blurred"),
    3: _("Sharp, when I ask twice for more"),
}
BUDGETS: Mapping[str, Text] = {
    BudgetState.WITHIN: _("Within the day's budget"),
    BudgetState.NEAR: _("Near the day's budget"),
    BudgetState.OVER: _("Over the day's budget"),
}
BUDGET_STYLES: Mapping[str, str] = {
    BudgetState.WITHIN: "",
    BudgetState.NEAR: "attention",
    BudgetState.OVER: "attention",
}
ROLES: Mapping[str, Text] = {
    Role.ANALYST: _("Analysts"),
    Role.SENIOR_ANALYST: _("Senior analysts"),
    Role.LE_LIAISON: _("Police liaison"),
    Role.VICTIM_SPECIALIST: _("Victim specialists"),
}
RELEASES: Mapping[str, Text] = {
    ReleaseState.REQUESTED: _("Waits for a second person"),
    ReleaseState.APPROVED: _("Approved, to be taken once"),
    ReleaseState.REFUSED: _("Refused"),
    ReleaseState.EXPIRED: _("Expired"),
    ReleaseState.TAKEN: _("Taken"),
}


def listed(names: tuple[str, ...], phrases: Mapping[str, Text]) -> str:
    return ", ".join(str(phrases.get(name, words(name))) for name in names)


def choices(phrases: Mapping[str, Text], of: type[StrEnum]) -> list[tuple[str, Text]]:
    """Form choices in the order of the phrases; every word of the vocabulary has one."""
    missing = set(of) - set(phrases)
    if missing:
        raise LookupError(f"no phrase for {sorted(missing)}")
    return [(str(name), phrase) for name, phrase in phrases.items()]


def length(seconds: float) -> str:
    """Of a video: "12 s", "1 min 12 s", and from an hour on as `duration`."""
    minutes, rest = divmod(int(seconds), 60)
    if minutes >= 60:
        return duration(timedelta(minutes=minutes))
    if minutes:
        return translate("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}
    return translate("%(seconds)s s") % {"seconds": max(1, rest)}


def duration(length: timedelta) -> str:
    """The two largest units that matter: "12 min", "5 h 20 min", "3 d 4 h"."""
    minutes = max(0, int(length.total_seconds() // 60))
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return translate("%(days)s d %(hours)s h") % {"days": days, "hours": hours}
    if hours:
        return translate("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes % 60}
    return translate("%(minutes)s min") % {"minutes": minutes}
