"""What is measured, in the words of Prometheus; one registry for each application.

Each worker process counts for itself.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Requests by method, route template and status; answers to "may they?" by outcome."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=True)
        labels = ("method", "route", "status")
        self._requests = Counter(
            "placet_http_requests", "Requests answered.", labels, registry=self._registry
        )
        self._seconds = Histogram(
            "placet_http_request_seconds",
            "Seconds from request to answer.",
            labels,
            registry=self._registry,
        )
        self._checks = Counter(
            "placet_checks", "Questions answered, by outcome.", ("outcome",),
            registry=self._registry,
        )  # fmt: skip
        # Finding the series of some labels costs more than counting; there are few, for a label is
        # never what a client makes up. Two threads at once find the same one.
        self._served: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._by_outcome: dict[str, Counter] = {}
        self._pending = Gauge(
            "placet_approvals_pending",
            "Approvals of the service's own account that wait for somebody.",
            registry=self._registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request and the seconds that it took."""
        served = self._served.get((method, route, status))
        if served is None:
            labels = (method, route, str(status))
            served = (self._requests.labels(*labels), self._seconds.labels(*labels))
            self._served[method, route, status] = served
        counted, timed = served
        counted.inc()
        timed.observe(seconds)

    def decided(self, outcome: str) -> None:
        """Count an answer: allowed, approval_required or denied."""
        counted = self._by_outcome.get(outcome)
        if counted is None:
            counted = self._by_outcome[outcome] = self._checks.labels(outcome)
        counted.inc()

    def pending(self, count: int) -> None:
        """Set how many approvals wait."""
        self._pending.set(count)

    def text(self) -> bytes:
        """Everything, in the text format."""
        return generate_latest(self._registry)
