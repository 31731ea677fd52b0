"""Which job is due when: a queue of jobs by time, each at most once."""

import heapq
from collections.abc import Container
from itertools import count

from zjobtui.domain.job import Job


class Agenda:
    """Jobs and the time at which each is due (seconds on whatever clock the caller goes by)."""

    def __init__(self) -> None:
        self._due: dict[Job, float] = {}
        self._heap: list[tuple[float, int, Job]] = []
        self._order = count()

    def __contains__(self, job: object) -> bool:
        return job in self._due

    def __len__(self) -> int:
        return len(self._due)

    def put(self, job: Job, due: float) -> None:
        """Makes the job due at `due`, whatever was planned for it before."""
        self._due[job] = due
        heapq.heappush(self._heap, (due, next(self._order), job))

    def drop_all_but(self, wanted: Container[Job]) -> None:
        """Forgets every job that is not wanted."""
        self._due = {job: due for job, due in self._due.items() if job in wanted}

    def next_due(self) -> float | None:
        """When the first job is due, or None where there is none."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def drop(self, job: Job) -> None:
        """Forgets a job, if it is there."""
        self._due.pop(job, None)

    def take(self, now: float) -> Job | None:
        """Takes out the job that has been due the longest, or None where none is due."""
        due = self.next_due()
        if due is None or due > now:
            return None
        job = heapq.heappop(self._heap)[2]
        del self._due[job]
        return job
