"""From an order to the files of a report."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.utils.translation import override

from rempart.core.errors import InputError
from rempart.node.reports import legal, legal_templates, printing, typesetting, yearly
from rempart.node.reports.figures import Figures
from rempart.node.reports.paper import Paper
from rempart.node.reports.sources import Published
from rempart.node.reports.texts import Texts, texts

FORMS = ("pdf", "html", "json", "csv")
YEARS = range(2012, 2101)


class Kind(StrEnum):
    YEARLY = "yearly"
    DSA = "dsa"
    EPRIVACY = "eprivacy"


@dataclass(frozen=True, slots=True)
class Order:
    """Which report. `member` is a country's code, empty for the alliance's edition; the law's are the node's own."""

    kind: Kind
    member: str
    year: int
    language: str


@dataclass(frozen=True, slots=True)
class Made:
    """A report's files by their form ("pdf", "html", for the law's also "json" and "csv")."""

    order: Order
    paper: Paper
    files: Mapping[str, bytes]
    pages: int

    def sha256(self, form: str) -> str:
        return hashlib.sha256(self.files[form]).hexdigest()


def checked(order: Order) -> Order:
    """The order, if it can be one. Raises InputError naming what is wrong with it."""
    texts(order.language)
    if order.year not in YEARS:
        raise InputError("this is no year of the alliance.", where=str(order.year), advice="Use 2012 or later.")
    if order.kind is not Kind.YEARLY and order.member != settings.COUNTRY:
        advice = f"Use {settings.COUNTRY}; another member makes its own."
        raise InputError(
            "a node makes its own transparency reports only.", where=order.member or "alliance", advice=advice
        )
    return order


def make(
    order: Order,
    published: Published,
    declared: Mapping[str, legal.Declared],
    *,
    forms: tuple[str, ...] = FORMS,
    templates: Path | None = None,
    on_step: Callable[[str], None] = lambda _name: None,
) -> Made:
    """The report's files in the forms asked for that it has. `templates`: a folder of legal ones, not the set one.

    Raises InputError for what cannot be reported on.
    """
    say = texts(checked(order).language)
    on_step("figures")
    with override(order.language):
        paper, files = _written(order, published, declared, say, templates or legal_templates.own_folder())
        pages = 0
        if "html" in forms:
            on_step("html")
            files["html"] = printing.html(paper)
        if "pdf" in forms:
            on_step("pdf")
            files["pdf"], pages = typesetting.pdf(paper), typesetting.pages(paper)
    return Made(order, paper, {form: data for form, data in files.items() if form in forms}, pages)


def _written(
    order: Order, published: Published, declared: Mapping[str, legal.Declared], say: Texts, templates: Path | None
) -> tuple[Paper, dict[str, bytes]]:
    if order.kind is Kind.YEARLY:
        if not order.member:
            return yearly.alliance(published, order.year, say), {}
        return yearly.member(published, order.member, order.year, say), {}
    template = legal_templates.find(order.kind, order.year, templates)
    figures = _figures(order, published, say)
    if figures is None and not declared:
        raise InputError(
            f"nothing was counted or declared for {order.year}.",
            where=order.kind,
            advice="Enter what is known on the page of reports first.",
        )
    found = legal.answers(template, figures, declared, order.year)
    at = _moment(figures, declared)
    own = template.say(say.language)
    files = {"json": legal.as_json(template, found, published, order.year, own), "csv": legal.as_csv(found, own)}
    return legal.paper(template, found, published, order, at, say), files


def counted(template: legal_templates.Template, order: Order, published: Published) -> set[str]:
    """Keys of the template's fields that published figures give for the year."""
    found = legal.answers(template, _figures(order, published, texts(order.language)), {}, order.year)
    return {each.wanted.key for each in found if each.source == legal.COUNTED}


def _figures(order: Order, published: Published, say: Texts) -> Figures | None:
    document = published.documents.get(order.member)
    if document is None or str(order.year) not in document.periods():
        return None
    return Figures((document,), published.indicators, say)


def _moment(figures: Figures | None, declared: Mapping[str, legal.Declared]) -> datetime:
    """When what the report says was last changed."""
    counted_to = [figures.documents[0].counted_to] if figures else []
    return max([*(each.at for each in declared.values()), *counted_to])
