"""Indicators that no event of a node tells: a member declares their values, year by year, with the source of each."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rempart.node.observatory.catalogue import Indicator, Measure, Origin

_VICTIM, _CASE, _PERSON = _("victim"), _("case"), _("person")
_NONE = _("None: this is a count.")
_YEAR_OVER = _("All of the year, as the member’s source counts them.")
_VICTIM_ONCE = _("A victim counts once, in the year of the identification.")
_YEAR_ONCE = _("Counts once, in the year it began.")


def _declared(
    key: str,
    target: str,
    measure: Measure,
    texts: tuple[Promise, Promise, Promise, Promise],
    *,
    over: Promise = _NONE,
    goal: str = "",
    is_of_cases: bool = False,
) -> Indicator:
    """`texts`: name, unit, definition, de-duplication."""
    name, unit, definition, once = texts
    return Indicator(
        key,
        measure,
        "",
        name,
        unit,
        definition,
        once,
        over,
        target=target,
        goal=goal,
        origin=Origin.DECLARED,
        is_of_cases=is_of_cases,
    )


DECLARED: tuple[Indicator, ...] = (
    _declared(
        "icse_identified_victims",
        "T1",
        Measure.STOCK,
        (
            _("Identified victims in INTERPOL’s database"),
            _VICTIM,
            _("Known identified victims that this member has entered into the ICSE database, at the year’s end."),
            _("A victim counts once."),
        ),
        goal="G1.1",
        is_of_cases=True,
    ),
    _declared(
        "victims_identified",
        "T1",
        Measure.COUNT,
        (
            _("Victims identified"),
            _VICTIM,
            _("Victims whom the member’s authorities identified in the year."),
            _VICTIM_ONCE,
        ),
        is_of_cases=True,
    ),
    _declared(
        "series_contributed",
        "T1",
        Measure.COUNT,
        (
            _("Victim series contributed"),
            _("series"),
            _("Series of images that the member added to the ICSE database in the year."),
            _("A series counts once, in the year it was added."),
        ),
        is_of_cases=True,
    ),
    _declared(
        "victims_referred_to_support",
        "T1",
        Measure.COUNT,
        (
            _("Victims referred to support"),
            _VICTIM,
            _("Victims who were put in touch with a support service in the year."),
            _("A victim counts once a year."),
        ),
        is_of_cases=True,
    ),
    _declared(
        "icse_connected",
        "T1",
        Measure.STOCK,
        (
            _("Connected to INTERPOL’s database"),
            _("yes or no"),
            _("Whether the member is connected to the ICSE database at the year’s end: 1 for yes, 0 for no."),
            _("One answer a year."),
        ),
    ),
    _declared(
        "legal_framework",
        "T2",
        Measure.SHARE,
        (
            _("Legal framework"),
            _("law"),
            _("Share of the law checklist that is in force at the year’s end."),
            _("A law counts once."),
        ),
        over=_("All points of the law checklist."),
    ),
    _declared(
        "referrals_answered",
        "T2",
        Measure.SHARE,
        (
            _("Referrals answered"),
            _("referral"),
            _("Share of the year’s referrals on which the authority told what became of them."),
            _("The same content or report and the same authority are one referral."),
        ),
        over=_("All referrals of the year."),
    ),
    _declared(
        "days_to_acknowledgement",
        "T2",
        Measure.DAYS,
        (
            _("Days until the police take note"),
            _("days"),
            _("Median days from a referral to the police until they acknowledged it."),
            _("A referral counts once, with its first acknowledgement."),
        ),
        over=_("All referrals of the year that were acknowledged."),
    ),
    _declared(
        "investigations",
        "T2",
        Measure.COUNT,
        (_("Investigations"), _CASE, _("Investigations that were opened in the year."), _YEAR_ONCE),
        is_of_cases=True,
    ),
    _declared(
        "prosecutions",
        "T2",
        Measure.COUNT,
        (_("Prosecutions"), _PERSON, _("People who were prosecuted in the year."), _("A person counts once a year.")),
        is_of_cases=True,
    ),
    _declared(
        "convictions",
        "T2",
        Measure.COUNT,
        (_("Convictions"), _PERSON, _("People who were convicted in the year."), _("A person counts once a year.")),
        is_of_cases=True,
    ),
    _declared(
        "joint_operations",
        "T2",
        Measure.COUNT,
        (
            _("Joint operations"),
            _("operation"),
            _("Operations with authorities of other countries in which the member took part."),
            _YEAR_ONCE,
        ),
    ),
    _declared(
        "campaigns",
        "T3",
        Measure.COUNT,
        (_("Campaigns"), _("campaign"), _("Awareness campaigns that began in the year."), _YEAR_ONCE),
    ),
    _declared(
        "campaign_audience",
        "T3",
        Measure.COUNT,
        (
            _("Audience of the campaigns"),
            _PERSON,
            _("People whom the year’s campaigns reached, as their organisers estimate."),
            _("As the member’s source counts; people may be counted by several campaigns."),
        ),
        over=_YEAR_OVER,
    ),
    _declared(
        "materials_shared",
        "T3",
        Measure.COUNT,
        (
            _("Materials shared"),
            _("document"),
            _("Awareness materials that the member made available to other members in the year."),
            _("A material counts once, whatever the number of its translations."),
        ),
    ),
    _declared(
        "form_languages",
        "T3",
        Measure.STOCK,
        (
            _("Languages of the public form"),
            _("language"),
            _("Languages in which the public can report, at the year’s end."),
            _("A language counts once."),
        ),
    ),
    _declared(
        "providers_using_hashes",
        "T4",
        Measure.STOCK,
        (
            _("Providers that use the lists"),
            _("provider"),
            _("Providers that compare uploads with the member’s lists, at the year’s end."),
            _("A provider counts once."),
        ),
    ),
)
