"""Batches: the jobs that were added together, how far each batch is, and its name."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, tzinfo
from functools import cache
from itertools import count
from math import ceil, erfc, exp, log, sqrt
from typing import NamedTuple

from msgspec import Struct

from zjobtui.models.duration_stats import FEWEST, run_time
from zjobtui.models.durations import format_duration
from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.pasted_text import NameKind, kind_of_name
from zjobtui.models.redaction import MASK, mask_secrets
from zjobtui.models.run_time_fit import BINS, SHORTEST, LifeModel, RunTimeFit, WatchedRun, binned
from zjobtui.models.source_text import without_codes
from zjobtui.models.text import clean
from zjobtui.models.text_width import head
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob, had_ended, is_stale
from zjobtui.models.watchlist import Watchlist

WORDS_WIDTH = 24
"""Cells that the words of a default name may take, without its time."""

BATCH_LIMIT = 60
"""Characters that the name of a batch may have."""

SMALLEST = 2
"""Jobs that make a batch; a name that only one job has groups nothing."""

NEARLY_ALL = 0.95
"""The share of a batch whose end is estimated; the end of the last job depends on that one job alone."""

OTHER_JOBS_SAMPLE = 1_000
"""Most jobs outside of the batch from which is learned, the last added ones."""

LIKELY_BOUNDS = 0.1, 0.88
"""How likely 95 % have ended within the shortest and within the longest time: the range holds 3 of 4 true times."""

MOST_SEEN = 0.9
"""The share of the jobs that had ended at their first call from whose age on all ends of a batch count as seen."""

LONGEST_ESTIMATE_SECONDS = 30 * 86_400.0
"""Seconds beyond which nothing is estimated."""

WIDEST = 5.0
"""A range is shown only if its longest time is less than this many times its shortest, or the age of the batch."""

MOST_AGES = 64
"""About the most different ages of running jobs for which the time is calculated; more are taken together."""

UNSEEN_BINS = 4
"""Bins by factor e of the seconds since running jobs were last seen running."""

_STEPS = 8
"""Halvings of the interval that holds a time: below 1 % of it."""

_CLOSING = (
    (VerdictKind.DONE, "done", "done"),
    (VerdictKind.FAILED, "failed", "failed"),
    (VerdictKind.ATTENTION, "needs attention", "need attention"),
    (VerdictKind.UNKNOWN, "unknown", "unknown"),
    (VerdictKind.RUNNING, "running", "running"),
)


class BatchProgress(Struct, frozen=True):
    """A batch on the watchlist: its jobs in the order of adding, and how many of them have each verdict.

    Times are seconds since the epoch, UTC: `started_at` is when the first job was added, `ended_at` when the last one
    ended, None while a job is running. A job that is unknown to Zuora counts as ended.
    """

    name: str
    jobs: tuple[WatchedJob, ...]
    counts: Mapping[VerdictKind, int]
    started_at: float
    ended_at: float | None
    whole: "BatchProgress | None" = None
    """The batch of which these are only the jobs that a filter shows; None if they are all of it."""

    @property
    def total(self) -> int:
        """The number of jobs."""
        return len(self.jobs)

    @property
    def ended(self) -> int:
        """The number of jobs that are not running any more, whatever their verdict."""
        return self.total - self.counts[VerdictKind.RUNNING]

    @property
    def has_ended(self) -> bool:
        """Whether no job of the batch is running."""
        return self.ended_at is not None

    @property
    def had_ended(self) -> bool:
        """Whether all jobs had ended when they were first polled, so that nobody knows how long they took."""
        return all(had_ended(watch) for watch in self.jobs)

    def is_in(self, tenant: str) -> bool:
        """Return whether a job of the batch is one of this tenant; "" stands for any."""
        return not tenant or any(watch.job.tenant == tenant for watch in self.jobs)

    def stale(self, now: float) -> int:
        """Return how many running jobs are stale at `now`: nothing was heard of them for three planned intervals."""
        return (
            0 if self.has_ended else sum(w.verdict.kind is VerdictKind.RUNNING and is_stale(w, now) for w in self.jobs)
        )

    def elapsed(self, now: float) -> float:
        """Return the seconds from the first job's adding to the end of the batch, or to `now` while it is running."""
        return max(0.0, (now if self.ended_at is None else self.ended_at) - self.started_at)


def batches(watchlist: Watchlist) -> tuple[BatchProgress, ...]:
    """Return the batches of a watchlist, in the order in which their first jobs were added.

    Jobs are in the same batch if they have the same batch name, in whichever tenant. A name that only one job has is
    left out.
    """
    grouped: dict[str, list[WatchedJob]] = {}
    for watch in watchlist:
        if watch.batch:
            grouped.setdefault(watch.batch, []).append(watch)
    return tuple(progress_of(name, jobs) for name, jobs in grouped.items() if len(jobs) >= SMALLEST)


def batch_progress(name: str, watchlist: Watchlist) -> BatchProgress | None:
    """Return the batch of this name; None if fewer than two jobs are in it."""
    jobs = [watch for watch in watchlist if watch.batch == name] if name else []
    return progress_of(name, jobs) if len(jobs) >= SMALLEST else None


def progress_of(name: str, watches: Iterable[WatchedJob], whole: BatchProgress | None = None) -> BatchProgress:
    """Return how far these jobs are, at least one, under a name; `whole` is the batch if they are only a part of it."""
    jobs = tuple(watches)
    numbers = dict.fromkeys(VerdictKind, 0)
    for watch in jobs:
        numbers[watch.verdict.kind] += 1
    ended_at = None if numbers[VerdictKind.RUNNING] else max(map(_ended_at, jobs))
    return BatchProgress(name, jobs, numbers, min(watch.added_at for watch in jobs), ended_at, whole)


def _ended_at(watch: WatchedJob) -> float:
    """Return when a job that is not running ended; for one that Zuora does not know, when it said so first."""
    ended_at = watch.ended_at if watch.is_final else watch.changed_at
    return watch.added_at if ended_at is None else ended_at


def closing_line(progress: BatchProgress) -> str:
    """Return the result of a batch that ended: `renewals Q4: 193 done, 4 failed, 3 need attention, 6m12s`.

    Verdicts that no job has are left out; so is the time if all jobs had ended when they were first polled.
    """
    parts = [
        f"{number:,} {singular if number == 1 else plural}"
        for kind, singular, plural in _CLOSING
        if (number := progress.counts[kind])
    ]
    if progress.ended_at is not None and not progress.had_ended:
        parts.append(format_duration(progress.elapsed(progress.ended_at)))
    return f"{progress.name}: {', '.join(parts)}"


def time_until_95_percent(
    progress_jobs: Iterable[WatchedJob], other_jobs: Iterable[WatchedJob], now: float
) -> tuple[float, float] | None:
    """Return the shortest and longest likely time in seconds until 95 % of a batch's jobs have ended.

    `other_jobs` are further jobs of any tenants, of which those of the batch's tenants count. How long jobs run is
    learned from these and from the batch itself (`RunTimeFit`); each running job counts from the age at which it was
    last seen running. Jobs that had ended at their first call tell nothing: they may have ended before they were added.

    None if 95 % have ended, if fewer than `FEWEST` jobs ended while watched, or if the longest time is more than
    `WIDEST` times the shortest and also more than `WIDEST` times the time since the batch was added.
    """
    jobs = tuple(progress_jobs)
    running = [watch for watch in jobs if watch.verdict.kind is VerdictKind.RUNNING]
    missing = ceil(NEARLY_ALL * len(jobs)) - (len(jobs) - len(running))
    if missing <= 0:
        return None
    tenants, own = {watch.job.tenant for watch in jobs}, {watch.job for watch in jobs}
    others = [watch for watch in other_jobs if watch.job.tenant in tenants and watch.job not in own]
    runs = (*_watched_runs(others[-OTHER_JOBS_SAMPLE:]), *_watched_runs(jobs))
    if sum(run.time.end is not None for run in runs) < FEWEST:
        return None
    ages = _ages(running, now)
    known = [(model, _still_running(model, ages)) for model in RunTimeFit.learn(runs).models]

    @cache
    def likelihood(after: float) -> float:
        """Return how likely it is that all that are missing will have ended in this time."""
        return sum(model.weight * _likelihood_of_ends(missing, model, at, after) for model, at in known)

    elapsed = now - min(watch.added_at for watch in jobs)
    low = _least(lambda after: likelihood(after) >= LIKELY_BOUNDS[0], LONGEST_ESTIMATE_SECONDS)
    longest = min(LONGEST_ESTIMATE_SECONDS, WIDEST * max(low, elapsed))
    high = _least(lambda after: likelihood(after) >= LIKELY_BOUNDS[1], longest)
    return (low, high) if high < longest else None


def _watched_runs(watches: Collection[WatchedJob]) -> list[WatchedRun]:
    """Return how long jobs ran that were seen running, as far as all their ends were seen.

    Ends are seen only from the first call on. When that was is known of those that had ended by then.
    """
    found = sorted(
        watch.ended_at - watch.added_at
        for watch in watches
        if watch.last_running_at is None and watch.ended_at is not None
    )
    since = max(0.0, found[int(MOST_SEEN * (len(found) - 1))]) if found else 0.0
    runs = (WatchedRun(time, since) for watch in watches if (time := run_time(watch)) is not None)
    return [run for run in runs if run.is_informative]


def _seen_age(watch: WatchedJob) -> float:
    """Return the age in seconds at which a running job was last seen running; 0 if it was not."""
    return 0.0 if watch.last_running_at is None else max(0.0, watch.last_running_at - watch.added_at)


class _StillRunning(NamedTuple):
    """The running jobs of one age in seconds, and `log_share` of that age by a model.

    `likely` is how many of them are expected to run on at this age, as far as they were seen, `squares` the sum of the
    squares of the likelihoods.
    """

    age: float
    log_share: float
    number: int
    likely: float
    squares: float


def _ages(running: Collection[WatchedJob], now: float) -> dict[float, Counter[float]]:
    """Return the numbers of running jobs by age and by the seconds since they were last seen running.

    Both are binned, so that many jobs that were added one by one cost no more than a few.
    """
    ages = [(max(SHORTEST, now - watch.added_at), _seen_age(watch)) for watch in running]
    bins = min(BINS, MOST_AGES / max(1.0, log(max(ages)[0] / min(ages)[0])))
    found: dict[float, Counter[float]] = {}
    for age, seen in ages:
        found.setdefault(binned(age, bins), Counter())[binned(age - seen, UNSEEN_BINS)] += 1
    return found


def _still_running(model: LifeModel, ages: Mapping[float, Counter[float]]) -> list[_StillRunning]:
    found = []
    for age, unseen in ages.items():
        log_share = model.log_share(age)
        likely = [
            (number, exp(min(0.0, log_share - model.log_share(max(0.0, age - seconds)))))
            for seconds, number in unseen.items()
        ]
        mean, squares = (sum(number * each**power for number, each in likely) for power in (1, 2))
        found.append(_StillRunning(age, log_share, unseen.total(), mean, squares))
    return found


def _likelihood_of_ends(missing: int, model: LifeModel, jobs: Iterable[_StillRunning], after: float) -> float:
    """Return how likely so many of the jobs will have ended in `after` seconds, if the model is true."""
    mean = variance = 0.0
    for age, log_share, number, likely, squares in jobs:
        runs_on = exp(min(0.0, model.log_share(age + after) - log_share))
        mean += number - runs_on * likely
        variance += runs_on * likely - runs_on * runs_on * squares
    return 0.5 * erfc((missing - 0.5 - mean) / sqrt(2 * variance)) if variance > 0 else float(mean >= missing)


def _least(is_reached: Callable[[float], bool], limit: float) -> float:
    """Return the least time up to `limit` at which the condition is met, which then stays met; else `limit`."""
    if is_reached(0.0):
        return 0.0
    low, high = 0.0, 1.0
    while not is_reached(high):
        low, high = high, 2 * high
        if low >= limit:
            return limit
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if is_reached(middle):
            high = middle
        else:
            low = middle
    return high


def default_batch_name(
    text_before_first_id: str, at: float, zone: tzinfo | None = None, *, source: str = "pasted"
) -> str:
    """Return a name for jobs added at `at` (seconds since the epoch, UTC): `renewals Q4 14:02`.

    It begins with the first words of the text before the first id, without what is secret, an id or not a word, in at
    most `WORDS_WIDTH` cells; if there are none, with `source`. The time is that of `zone`, by default the machine's.
    """
    words = _first_words(" ".join(_words(text_before_first_id))) or _first_words(clean(source))
    return f"{words} {datetime.fromtimestamp(at, zone):%H:%M}".strip()


def unique_batch_name(name: str, watchlist: Watchlist) -> str:
    """Return the name, with a number if a batch of the watchlist has it already: `renewals Q4 14:02 (2)`."""
    used = {watch.batch for watch in watchlist}
    return next(text for number in count(1) if (text := f"{name} ({number})" if number > 1 else name) not in used)


_TEXT_LIMIT = 4_000
"""Characters from which the words of a name are taken."""

_DATA = lazy_pattern(r"[{}<>=\\]|\"\s*[:,]|https?:")
"""What no line of plain words has: JSON, XML, assignments, addresses."""

_SEPARATORS = lazy_pattern(r"[\s,;|()\[\]\"'`“”‘’„*·•–—…!?]+|:(?!\d)")
_OPAQUE = lazy_pattern(r"(?=.*\d)(?=.*[^\W\d_])\S{16,}|\S{33,}|.*[@\u2400-\u2426\ufffd].*")
"""What may be an id, a secret, an address or a control character."""

_NUMBER = lazy_pattern(r"(?!(?:19|20)\d\d$)(?!\d{1,3}$)[\W\d_]+[Zz]?|\d{4}-\d\d-\d\dT.*")
"""A time, a date, punctuation: all but a small number or a year."""

_ID_WORDS = frozenset({"job", "jobs", "id", "ids", "async", "uuid"})


def _words(text: str) -> list[str]:
    """Return the words of the first line that has any: no data, no secret, nothing that could be an id or a time."""
    for line in mask_secrets(without_codes(text[:_TEXT_LIMIT])).replace("\r", "\n").split("\n"):
        words = [] if MASK in line or _DATA.search(line) else _words_of_line(line)
        if any(re.search(r"[^\W\d_]", word) for word in words):
            return words
    return []


def _words_of_line(line: str) -> list[str]:
    parts = (part.strip("-#.,_/") for part in _SEPARATORS.split(clean(line)))
    words = [word for word in parts if word and not _OPAQUE.fullmatch(word) and not _NUMBER.fullmatch(word)]
    if any(kind_of_name(word.casefold()) in {NameKind.JOB, NameKind.SECRET} for word in words):
        return []
    while words and words[0].isdecimal() and len(words[0]) < 4:
        words.pop(0)
    while words and (words[-1].casefold() in _ID_WORDS or kind_of_name(words[-1].casefold()) is not None):
        words.pop()
    return words


def _first_words(text: str) -> str:
    """Return the first words of a text that fit `WORDS_WIDTH` cells; of a longer first word, its beginning."""
    kept = head(text, WORDS_WIDTH)
    ends_with_word = kept == text or text[len(kept)] == " "
    return (kept if ends_with_word else kept.rpartition(" ")[0] or kept).rstrip()
