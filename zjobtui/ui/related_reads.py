"""What the user has read of the objects that jobs name: results, reads in flight, and what each job's trail added."""

from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import Struct, field

from zjobtui.clock import Clock
from zjobtui.logs import get_logger
from zjobtui.models.job import JobRef
from zjobtui.models.related import ReadProblem, ReadProblemKind, ReadResult, Reference, Related

if TYPE_CHECKING:
    from zjobtui.polling.engine import Engine

log = get_logger(__name__)

MAX_CACHED = 500
"""Maximum number of objects in memory for each tenant, the newest ones; none is written to the disk."""


class RelatedLook(Struct, frozen=True):
    """What the views show of the objects of one job: results, since when others are being read, and those found."""

    results: Mapping[Reference, ReadResult] = field(default_factory=dict)
    reading: Mapping[Reference, float] = field(default_factory=dict)
    found: tuple[Reference, ...] = ()


class ReadCache:
    """Reads of objects, each only because the user asked for it; none is repeated by itself.

    `notify` is called on another thread when a read may have ended; call `collect` then.
    """

    def __init__(self, engine: "Engine", clock: Clock, notify: Callable[[], None]) -> None:
        self._engine = engine
        self._clock = clock
        self._notify = notify
        self._results: dict[str, dict[Reference, ReadResult]] = {}
        self._reading: dict[tuple[str, Reference], tuple[float, Future[ReadResult]]] = {}
        self._found: dict[JobRef, tuple[Reference, ...]] = {}

    def look(self, job: JobRef) -> RelatedLook:
        """Return what is known of the objects of a job's tenant."""
        reading = {key: since for (tenant, key), (since, _) in self._reading.items() if tenant == job.tenant}
        return RelatedLook(self._results.get(job.tenant, {}), reading, self._found.get(job, ()))

    def read(self, tenant: str, reference: Reference) -> None:
        """Read an object once, unless it is being read."""
        if (tenant, reference) in self._reading:
            return
        future = self._engine.read_related(tenant, reference.kind, reference.key)
        self._reading[tenant, reference] = (self._clock.now(), future)
        future.add_done_callback(lambda _: self._notify())

    def collect(self) -> bool:
        """Take the results of the reads that have ended; return whether there were any."""
        ended = [(key, future) for key, (_, future) in self._reading.items() if future.done()]
        for (tenant, reference), future in ended:
            del self._reading[tenant, reference]
            results = self._results.setdefault(tenant, {})
            results.pop(reference, None)
            results[reference] = self._result(reference, future)
            while len(results) > MAX_CACHED:
                del results[next(iter(results))]
        return bool(ended)

    def same_object(self, tenant: str, reference: Reference) -> Reference:
        """Return the reference under which an object is known: a result names an account by number or by id."""
        results = self._results.get(tenant, {})
        if reference in results:
            return reference
        for known, result in results.items():
            if known.kind is reference.kind and isinstance(result, Related):
                details = result.details
                if reference.key in {details.number, getattr(details, "id", "")}:
                    return known
        return reference

    def note_found(self, job: JobRef, reference: Reference) -> None:
        """Show an object with those of a job, although the job's result does not name it."""
        self._found[job] = tuple(dict.fromkeys((*self._found.get(job, ()), reference)))

    def drop_raw(self) -> None:
        """Drop the responses; the fields that are shown are kept."""
        for results in self._results.values():
            for reference, result in results.items():
                if result.raw:
                    results[reference] = replace(result, raw="")

    def _result(self, reference: Reference, future: "Future[ReadResult]") -> ReadResult:
        try:
            return future.result()
        except (RuntimeError, CancelledError) as fault:  # the engine has ended, or stopped the tenant
            log.info("the read of %s %s was interrupted: %r", reference.kind.word, reference.key, fault)
            detail = str(fault) or "the read was interrupted"
            return ReadProblem(reference, ReadProblemKind.MISCONFIGURED, detail, at=self._clock.now())
