"""What the server counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from makemore.serve.jobs import Jobs
from makemore.serve.models import Models

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)  # bounds of the histogram


class Metrics:
    """The metrics of one server."""

    def __init__(self) -> None:
        """Create all metrics, at zero."""
        self._registry = CollectorRegistry()
        self.requests = Counter(
            *("makemore_requests", "Requests, by endpoint and status."),
            ["endpoint", "status"],
            registry=self._registry,
        )
        self.seconds = Histogram(
            *("makemore_request_seconds", "Time to answer, by endpoint."),
            ["endpoint"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.lines = Counter("makemore_lines", "Sampled lines returned.", registry=self._registry)
        self._models = Gauge("makemore_models", "Models.", registry=self._registry)
        self._jobs = Gauge("makemore_jobs", "Jobs, by status.", ["status"], registry=self._registry)
        self._batches = Gauge(
            "makemore_shared_batches", "Batches of sampling requests.", registry=self._registry
        )
        self._draws = Gauge(
            *("makemore_shared_batch_requests", "Sampling requests in these batches."),
            registry=self._registry,
        )

    def text(self, models: Models, jobs: Jobs) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        self._models.set(len(models))
        self._batches.set(sum(model.sampler.queue.batches for model in models))
        self._draws.set(sum(model.sampler.queue.requests for model in models))
        self._jobs.clear()
        for job in jobs:
            self._jobs.labels(job.status).inc()
        return generate_latest(self._registry)
