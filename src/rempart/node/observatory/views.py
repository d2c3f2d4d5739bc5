"""The public pages of figures. They set no cookie and may be kept by caches for a minute."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from rempart.core.disclosure import DEFAULT_THRESHOLD
from rempart.core.errors import NotFound
from rempart.node.observatory import presenting, services
from rempart.node.observatory.indicators import EVENTS, PERIOD, PROPOSAL
from rempart.node.runtime import clock

_public = cache_control(public=True, max_age=60)
_MONTHS_IN_REACH = 12


@_public
@require_safe
def page(request: HttpRequest, period: str = services.ALL) -> HttpResponse:
    publication = services.publication(clock().now())
    try:
        figures = publication.figures(period)
    except NotFound as error:
        raise Http404 from error
    table = publication.countries(period)
    links = [(each, presenting.period_name(each)) for each in publication.periods()]
    months = [link for link in links if len(link[0]) == len("2026-03")]
    return render(
        request,
        "observatory/figures.html",
        {
            "figures": figures,
            "period_name": presenting.period_name(period),
            "whole_periods": [link for link in links if link not in months],
            "months": months[:_MONTHS_IN_REACH],
            "older": months[_MONTHS_IN_REACH:],
            "sections": presenting.sections(figures),
            "country_months": [presenting.month_name(month, "LLL y") for month in table.months],
            "country_rows": presenting.country_rows(table),
            "proposal": PROPOSAL,
            "period_rule": PERIOD,
            "events": EVENTS,
            "threshold": DEFAULT_THRESHOLD,
        },
    )
