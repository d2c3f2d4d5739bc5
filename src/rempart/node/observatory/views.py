"""The public pages of figures: this node's own, and the observatory's of the whole alliance.

They set no cookie and may be kept by caches for a minute.
"""

import json

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from rempart.core.disclosure import DEFAULT_THRESHOLD
from rempart.core.errors import NotFound
from rempart.formats import tables
from rempart.node.datasets import CONTENT_TYPES, FORMS
from rempart.node.observatory import numbers, presenting, services
from rempart.node.observatory.alliance import decade
from rempart.node.observatory.alliance import overview as alliance_overview
from rempart.node.observatory.alliance.catalogue import FIGURES
from rempart.node.observatory.alliance.catalogue import figure as one_figure
from rempart.node.observatory.alliance.shown import Alliance, Shown
from rempart.node.observatory.indicators import EVENTS, PERIOD, PROPOSAL
from rempart.node.register import services as register
from rempart.node.runtime import clock

_public = cache_control(public=True, max_age=60)
_MONTHS_IN_REACH = 12
_WRITERS = {"json": tables.as_json, "csv": tables.as_csv, "parquet": tables.as_parquet}


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
            "country_months": [numbers.month_name(month, "LLL y") for month in table.months],
            "country_rows": presenting.country_rows(table),
            "proposal": PROPOSAL,
            "period_rule": PERIOD,
            "events": EVENTS,
            "threshold": DEFAULT_THRESHOLD,
        },
    )


@_public
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    found = _alliance()
    answers = alliance_overview.answers(found)
    return render(
        request,
        "observatory/overview.html",
        {
            "answers": answers,
            "claim": alliance_overview.claim(answers),
            "decade_claim": decade.claim(found.external),
            "decade": decade.grid(found.external),
            "figures": [(each, each.summary(found)) for each in FIGURES.values()],
            "proposal": PROPOSAL,
        },
    )


@_public
@require_safe
def figure(request: HttpRequest, key: str, period: str = "") -> HttpResponse:
    shown = _shown(key, period)
    panels = [(panel, json.dumps(panel.live, ensure_ascii=False) if panel.live else "") for panel in shown.panels]
    order = list(FIGURES)
    place = order.index(key)
    return render(
        request,
        "observatory/figure.html",
        {
            "shown": shown,
            "panels": panels,
            "forms": FORMS,
            "before": FIGURES[order[place - 1]] if place else None,
            "after": FIGURES[order[place + 1]] if place + 1 < len(order) else None,
            "has_live": any(live for _panel, live in panels) or any(panel.style == "map" for panel in shown.panels),
            "proposal": PROPOSAL,
        },
    )


@_public
@require_safe
def figure_file(request: HttpRequest, key: str, form: str, period: str = "") -> HttpResponse:
    """The table of exactly this figure, as a file."""
    table = _shown(key, period).table
    answer = HttpResponse(_WRITERS[form](table), content_type=CONTENT_TYPES[form])
    name = f"{key}-{period}.{form}" if period else f"{key}.{form}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _shown(key: str, period: str) -> Shown:
    try:
        return one_figure(_alliance(), key, period)
    except NotFound as error:
        raise Http404 from error


def _alliance() -> Alliance:
    now = clock().now()
    return Alliance(
        now.date(),
        services.documents(now),
        register.routing_table().memberships,
        services.external_series(),
        register.parts(),
    )
