"""What is measured, in the words of Prometheus; one registry for each application.

Each worker process counts for itself.
"""

import threading
import time
from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LABELS = ("method", "route", "status")
_BOUNDS = Histogram.DEFAULT_BUCKETS


class Metrics:
    """Requests by method, route template and status; answers to "may they?" by outcome."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=True)
        self._served = _Served()
        self._registry.register(self._served)
        checks = Counter(
            "placet_checks", "Questions answered, by outcome.", ("outcome",),
            registry=self._registry,
        )  # fmt: skip
        self._checks = checks
        # Looking for the series of a label costs more than counting; there are three of these.
        self._by_outcome: dict[str, Counter] = {}
        self._pending = Gauge(
            "placet_approvals_pending",
            "Approvals of the service's own account that wait for somebody.",
            registry=self._registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request and the seconds that it took."""
        self._served.add((method, route, str(status)), seconds)

    def decided(self, outcome: str) -> None:
        """Count an answer: allowed, approval_required or denied."""
        counter = self._by_outcome.get(outcome)
        if counter is None:
            counter = self._by_outcome[outcome] = self._checks.labels(outcome)
        counter.inc()

    def pending(self, count: int) -> None:
        """Set how many approvals wait."""
        self._pending.set(count)

    def text(self) -> bytes:
        """Everything, in the text format."""
        return generate_latest(self._registry)


class _Series:
    """The requests of one method, route and status: how many took so long at most, by bound."""

    def __init__(self) -> None:
        self.since = time.time()
        self.counts = [0] * len(_BOUNDS)
        self.seconds = 0.0


class _Served(Collector):
    """Requests and their seconds, counted once for both, in a fraction of the time that a counter
    and a histogram take: no request goes without.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._series: dict[tuple[str, str, str], _Series] = {}

    def add(self, labels: tuple[str, str, str], seconds: float) -> None:
        """Count one."""
        at = bisect_left(_BOUNDS, seconds)
        with self._lock:
            series = self._series.get(labels)
            if series is None:
                series = self._series[labels] = _Series()
            series.counts[at] += 1
            series.seconds += seconds

    def collect(self) -> Iterator[Metric]:
        """Both families, as of one moment."""
        requests = CounterMetricFamily("placet_http_requests", "Requests answered.", labels=_LABELS)
        took = HistogramMetricFamily(
            "placet_http_request_seconds", "Seconds from request to answer.", labels=_LABELS
        )
        with self._lock:
            for labels, series in self._series.items():
                total, buckets = 0, []
                for bound, count in zip(_BOUNDS, series.counts, strict=True):
                    total += count
                    buckets.append((_shown(bound), float(total)))
                requests.add_metric(labels, total, created=series.since)
                took.add_metric(labels, buckets, series.seconds)
                named = dict(zip(_LABELS, labels, strict=True))
                took.add_sample("placet_http_request_seconds_created", named, series.since)
        yield requests
        yield took


def _shown(bound: float) -> str:
    return "+Inf" if bound == float("inf") else str(bound)
