"""Every data set of the open data, in the order of the index page. An app adds its own here."""

from rempart.node.datasets import Dataset
from rempart.node.observatory import services as observatory
from rempart.node.register import services as register

DATASETS: tuple[Dataset, ...] = (*register.DATASETS, *observatory.DATASETS)
