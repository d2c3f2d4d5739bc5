"""What other apps may ask: this node's figures, other members' published ones, what others published before."""

from collections.abc import Mapping
from datetime import datetime

from rempart.core.figures.document import FiguresDocument, completeness
from rempart.core.figures.releases import Status, Value
from rempart.formats import figures_document
from rempart.node.observatory import data_sets
from rempart.node.observatory.counting import (
    ALL,
    CountryTable,
    Figure,
    Figures,
    Publication,
    counted_to,
    figures,
    publication,
)
from rempart.node.observatory.data_sets import DATASETS, definition
from rempart.node.observatory.external import ExternalPoint, ExternalSeries, Source
from rempart.node.observatory.external import series as external_series
from rempart.node.observatory.indicators import INDICATORS, PERIOD, PROPOSAL, Indicator, Measure

__all__ = [
    "ALL",
    "DATASETS",
    "INDICATORS",
    "PERIOD",
    "PROPOSAL",
    "CountryTable",
    "ExternalPoint",
    "ExternalSeries",
    "Figure",
    "Figures",
    "FiguresDocument",
    "Indicator",
    "Measure",
    "Publication",
    "Source",
    "Status",
    "Value",
    "completeness",
    "counted_to",
    "definition",
    "documents",
    "external_series",
    "figures",
    "publication",
]


def documents(now: datetime) -> Mapping[str, FiguresDocument]:
    """Every member's figures by country code: this node's own and the others' latest accepted ones.

    Each is read from what its member published, so that nothing made of them can tell more than those do.
    """
    own = figures_document.from_object(data_sets.figures_document(publication(now)))
    return {own.country: own}
