"""Prometheus metrics of all workers together, in the library's multiprocess mode.

Labels hold routes, statuses, verdicts, and names of clients and lists; never a fingerprint, a key or a distance.
The library decides how to count when it is first imported, so `PROMETHEUS_MULTIPROC_DIR` is set before that.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from rempart.matcher.status import Status

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

REQUESTS = Counter("rempart_matcher_requests", "Requests answered.", ("route", "status", "client"))
SECONDS = Histogram("rempart_matcher_request_seconds", "Time to an answer.", ("route",), buckets=_SECONDS)
VERDICTS = Counter("rempart_matcher_items", "Items looked up.", ("verdict",))
FEEDBACK = Counter("rempart_matcher_feedback", "Opinions recorded.", ("outcome",))


class _Lists(Collector):
    """Gauges read at the moment they are asked for."""

    def __init__(self, counts: dict[str, int], status: Status, is_ready: bool) -> None:
        self._counts, self._status, self._is_ready = counts, status, is_ready

    def collect(self) -> list[GaugeMetricFamily]:
        ready = GaugeMetricFamily("rempart_matcher_ready", "1 when it answers look-ups.", value=float(self._is_ready))
        entries = GaugeMetricFamily("rempart_matcher_list_entries", "Entries of a list.", labels=["list"])
        for name, count in sorted(self._counts.items()):
            entries.add_metric([name], count)
        up = GaugeMetricFamily("rempart_matcher_source_up", "1 when a source was read last time.", labels=["source"])
        rejected = GaugeMetricFamily("rempart_matcher_source_rejected", "Rows not understood.", labels=["source"])
        for source in self._status.sources:
            up.add_metric([source.name], float(source.state == "current"))
            rejected.add_metric([source.name], source.rejected)
        return [ready, entries, up, rejected]


def exposition(counts: dict[str, int], status: Status, is_ready: bool) -> bytes:
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(_Lists(counts, status, is_ready))
    return generate_latest(registry)
