"""What the series that others published are called on pages, in the visitor's language; the data keeps the English."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rempart.node.observatory.external import ExternalSeries

TITLES: Mapping[str, Promise] = {
    "alliance_members": _("Member states of the alliance"),
    "images_in_circulation": _("Images estimated to be in circulation"),
    "new_images_a_year": _("New images a year, as estimated"),
    "images_reported_usa": _("Images and videos reported in the United States"),
    "sites_found_russia": _("Sites found in Russia"),
    "inhope_urls_exchanged": _("Content URLs exchanged between hotlines (INHOPE)"),
    "inhope_share_illegal": _("Share of the exchanged URLs that is illegal (INHOPE)"),
    "inhope_days_to_removal": _("Days to removal inside the INHOPE network"),
    "days_to_removal_outside_inhope": _("Days to removal outside the INHOPE network"),
    "pdc_urls": _("URLs of child sexual abuse found by the French hotline"),
    "pdc_victims_under_13": _("Share of victims under 13 (French hotline)"),
    "france_hosting_rank": _("France's rank among hosting countries"),
    "arachnid_days_p90": _("Days within which nine in ten notices led to removal (Arachnid)"),
    "arachnid_reappearance": _("Share of what is removed that reappears (Arachnid)"),
    "dutch_police_reports": _("Industry reports to one national police (Netherlands)"),
    "aviator_time_saved": _("Share of processing time saved by triage (AviaTor)"),
}


def title(series: ExternalSeries) -> str:
    return str(TITLES.get(series.key, series.title))
