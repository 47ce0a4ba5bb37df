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
        self._pending = Gauge(
            "placet_approvals_pending",
            "Approvals of the service's own account that wait for somebody.",
            registry=self._registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request and the seconds that it took."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route, str(status)).observe(seconds)

    def decided(self, outcome: str) -> None:
        """Count an answer: allowed, approval_required or denied."""
        self._checks.labels(outcome).inc()

    def pending(self, count: int) -> None:
        """Set how many approvals wait."""
        self._pending.set(count)

    def text(self) -> bytes:
        """Everything, in the text format."""
        return generate_latest(self._registry)
