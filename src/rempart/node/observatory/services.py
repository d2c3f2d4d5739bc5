"""What other apps may ask: this node's figures, other members' published ones, what others published before."""

from rempart.core.figures.alliance import Together, together
from rempart.core.figures.document import ALL, FiguresDocument, completeness
from rempart.core.figures.releases import Status, Value
from rempart.node.observatory import data_sets, members_figures
from rempart.node.observatory.counting import (
    CountryTable,
    Figure,
    Figures,
    Publication,
    counted_to,
    figures,
    publication,
)
from rempart.node.observatory.data_sets import definition
from rempart.node.observatory.external import ExternalPoint, ExternalSeries, Source
from rempart.node.observatory.external import series as external_series
from rempart.node.observatory.indicators import INDICATORS, PERIOD, PROPOSAL, Indicator, Measure, Origin
from rempart.node.observatory.members_figures import documents

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
    "Origin",
    "Publication",
    "Source",
    "Status",
    "Together",
    "Value",
    "completeness",
    "counted_to",
    "definition",
    "documents",
    "external_series",
    "figures",
    "publication",
    "together",
]

DATASETS = (*data_sets.DATASETS, members_figures.DATASET)
