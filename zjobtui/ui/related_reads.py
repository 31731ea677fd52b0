"""The related objects of the job in the detail: reads that the user asked for, and the way from one to another."""

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from zjobtui.clock import Clock
from zjobtui.formatting.outline import OutlineNode
from zjobtui.formatting.references import readable, related_key
from zjobtui.logs import get_logger
from zjobtui.models.job import JobRef
from zjobtui.models.related import ReadProblem, ReadProblemKind, ReadResult, Reference, Related, RelatedKind
from zjobtui.ui.detail_header import JobDetails, RawLook, RelatedLook
from zjobtui.ui.detail_tabs import Tab

if TYPE_CHECKING:
    from zjobtui.polling.engine import Engine

log = get_logger(__name__)

MAX_CACHED = 500
"""Maximum number of objects in memory for each tenant, the newest ones; none is written to the disk."""


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


class Position(NamedTuple):
    """A position in a view: key and index of the line under the cursor, and the first line in view."""

    key: str = ""
    cursor: int = 0
    top: int = 0


class RelatedTrail(Struct):
    """Which objects the detail shows; `steps` are the lines from which they were opened.

    `reads` is None until reading is possible; `raw` is the response that is shown.
    """

    reads: ReadCache | None = None
    details: JobDetails | None = None
    raw: RawLook | None = None
    steps: list[tuple[Tab, Position]] = field(default_factory=list)
    to_read_first: JobRef | None = None

    @property
    def look(self) -> RelatedLook:
        """What is known of the objects."""
        return self.reads.look(self.details.watch.job) if self.reads and self.details else RelatedLook()

    @property
    def named(self) -> tuple[Reference, ...]:
        """The objects that the result of the job names."""
        success = self.details.success if self.details else None
        return success.report.references.all if success is not None else ()

    def read(self, reference: Reference) -> None:
        """Read an object now."""
        if self.reads is not None and self.details is not None:
            self.reads.read(self.details.watch.job.tenant, reference)

    def read_first(self) -> bool:
        """Read the order, or the only object of the job, if the user has chosen the view for it; return whether."""
        if self.reads is None or self.details is None or self.details.watch.job != self.to_read_first:
            return False
        self.to_read_first = None
        named = self.named
        is_first = bool(named) and (named[0].kind is RelatedKind.ORDER or len(named) == 1)
        if is_first and named[0] not in self.look.results:
            self.read(named[0])
        return is_first

    def targets(self, node: OutlineNode) -> list[Reference]:
        """Return the objects that a line names; of several all are shown, but none is read."""
        if self.reads is None or self.details is None:
            return []
        job = self.details.watch.job
        found = [self.reads.same_object(job.tenant, each) for each in readable(node)]
        for reference in found:
            self.reads.note_found(job, reference)
        return found

    def owner(self, key: str) -> Reference | None:
        """Return the object to which the line of this key belongs."""
        owners = [each for each in (*self.named, *self.look.found) if f"{key}/".startswith(f"{related_key(each)}/")]
        return max(owners, key=lambda each: len(each.key), default=None)

    def leave(self) -> None:
        """Forget the way and the responses; what was read of the objects is kept."""
        self.raw = None
        self.steps.clear()
        if self.reads is not None:
            self.reads.drop_raw()
