"""The objects of the job in the detail, and the way on which the user went from one to another."""

from typing import NamedTuple

from msgspec import Struct, field

from zjobtui.formatting.outline import OutlineNode
from zjobtui.formatting.references import readable, related_key
from zjobtui.models.job import JobRef
from zjobtui.models.related import Reference, RelatedKind
from zjobtui.ui.detail_header import JobDetails, RawLook
from zjobtui.ui.detail_tabs import Tab
from zjobtui.ui.related_reads import ReadCache, RelatedLook


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
