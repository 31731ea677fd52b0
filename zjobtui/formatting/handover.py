"""Handover of jobs as Markdown, for the next shift or for Zuora support.

Built from an allow-list: what is not named here is not in it. Of Zuora's messages only known words are kept. Text of
others is quoted in code spans, in which neither Markdown nor mentions nor links work; in the user's own text,
credentials, e-mail addresses and long numbers are masked.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from zjobtui.formatting.symbols import GLYPHS, counts, plural
from zjobtui.formatting.times import duration, stamp
from zjobtui.formatting.zuora_words import keep_known_words
from zjobtui.models.advice import advise
from zjobtui.models.failure_groups import FailureGroup, failure_groups
from zjobtui.models.history import EventKind, History
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.sorting import Sorting, SortOrder
from zjobtui.models.text import clean, shorten
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob, had_ended, is_stale
from zjobtui.models.watchlist import mask_annotations

if TYPE_CHECKING:
    from zjobtui.models.call_log import LoggedCall
    from zjobtui.models.observation import Call, Success
    from zjobtui.models.tenant import Tenant

DETAILED = 50
"""Jobs up to which each has a section of its own; of more, only those that are not done and not running."""

QUOTE_LIMIT = 500
"""Characters of a quoted text."""

NUMBERS = 20
"""Numbers of subscriptions or invoices that are listed for a job."""

_NUMBER = re.compile(r"(?=\D*\d)[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
"""The form of an id or a number of Zuora, which has a digit; anything else in its place is left out."""

_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")

_PERSONAL = re.compile(
    r"[^\s<>()\[\]\"'`,;:=]+@[^\s<>()\[\]\"'`,;:=]+\.[A-Za-z]{2,}"  # an e-mail address
    r"|(?<![\w.-])\+\d[\d ()./-]{6,18}\d(?![\w-])"  # a telephone number with its country
    r"|(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-])"  # a card or an account
    r"|(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"  # an IBAN
)

LEFT_OUT = (
    "and response bodies, except the numbers above and common words of messages (`…` stands for other words; "
    "`zjobtui show ID` prints them)."
)
"""What no handover has; the user's own text is left out as well, unless it is requested."""

OWN_TEXT = (
    "In labels, tags, batches and notes only credentials, e-mail addresses and telephone, card and bank numbers are "
    "masked: check them for names before you pass this on."
)

_EVENTS = {
    EventKind.ADDED: "added",
    EventKind.REMOVED: "removed from the watchlist",
    EventKind.ARCHIVED: "archived",
    EventKind.RESTORED: "restored",
    EventKind.CONTRADICTED: "contradicted by a later response; the final one is kept",
}


class HandoverJob(Struct, frozen=True):
    """A job with its last response and timeline; of the call log, `calls` about it and `reads` of what it names."""

    watch: WatchedJob
    success: "Success | None" = None
    timeline: History = ()
    calls: "Sequence[LoggedCall]" = ()
    reads: "Sequence[LoggedCall]" = ()


def handover_text(
    jobs: Sequence[HandoverJob],
    tenants: "Mapping[str, Tenant]",
    now: float,
    mask: Callable[[str], str],
    *,
    with_notes: bool = False,
) -> str:
    """Return a handover of these jobs, the most urgent first.

    `tenants` are the configured ones by name. With `with_notes` it has what the user wrote about the jobs: label, tags,
    batch and note, which may contain data of customers. `mask` masks known secrets.
    """
    by_job = {job.watch.job: replace(job, watch=mask_annotations(job.watch, mask)) for job in jobs}
    watches = Sorting(SortOrder.URGENCY).sort([job.watch for job in by_job.values()])
    detailed = [watch for watch in watches if len(jobs) <= DETAILED or _needs_user(watch)]
    others = [watch for watch in watches if len(jobs) > DETAILED and not _needs_user(watch)]
    lines = [f"# Handover: {plural(len(jobs), 'job')}", ""]
    lines += _overview(watches, tenants, now)
    lines += _reasons(watches, now)
    for watch in detailed:
        lines += ["", *_job_lines(by_job[watch.job], now, with_notes=with_notes)]
    lines += _other_lines(others)
    annotations, warning = ("", f" {OWN_TEXT}") if with_notes else ("labels, tags, batches, notes, ", "")
    lines += ["", f"Not included: headers, client ids, credentials, {annotations}{LEFT_OUT}{warning}"]
    return mask("\n".join(lines) + "\n")


@lru_cache(maxsize=1_024)
def quoted(text: str) -> str:
    """Return foreign text as a code span in one line, cut, without credentials and what looks like personal data."""
    masked = _PERSONAL.sub("[masked]", mask_secrets(clean(text)))
    words = " ".join(shorten(masked, QUOTE_LIMIT).replace("`", "ʼ").split())
    return f"`{words}`" if words else ""


def said(text: str, known: Collection[str] = ()) -> str:
    """Return a message of Zuora, or a sentence that has one, as a code span with known words only."""
    return quoted(keep_known_words(shorten(clean(text), QUOTE_LIMIT), known))


def _code(text: str) -> str:
    """Return an error code, which is eight digits or a word, as a code span; "" for anything else."""
    is_code = (text.isascii() and text.isdecimal() and len(text) == 8) or keep_known_words(text) == text
    return f"`{text}`" if text and is_code else ""


def _known_numbers(watch: WatchedJob) -> Collection[str]:
    """Return the numbers that a handover lists for a job."""
    if (digest := watch.digest) is None:
        return ()
    numbers = (digest.order_number, digest.account_number, *digest.subscriptions, *digest.invoices)
    return frozenset(filter(_number, numbers))


def _number(text: str) -> str:
    """Return an id or a number as a code span; "" for anything that does not look like one."""
    return f"`{text}`" if _NUMBER.fullmatch(text) and not _PERSONAL.search(text) else ""


def _needs_user(watch: WatchedJob) -> bool:
    return watch.verdict.kind not in {VerdictKind.DONE, VerdictKind.RUNNING} or bool(
        watch.problem or watch.contradiction
    )


def _overview(watches: Sequence[WatchedJob], tenants: "Mapping[str, Tenant]", now: float) -> Iterator[str]:
    numbers = (f"{number:,} {kind.value}" for kind, number in counts(watches).items() if number)
    yield f"- {', '.join(numbers)}; as of {stamp(now)}"
    for name in dict.fromkeys(watch.job.tenant for watch in watches):
        tenant = tenants.get(name)
        parts = (quoted(name), *((tenant.kind.value, _host(tenant)) if tenant else ("not configured here",)))
        yield f"- Tenant {', '.join(part for part in parts if part)}"


def _host(tenant: "Tenant") -> str:
    return f"`{host}`" if _HOST.fullmatch(host := tenant.base_url.rpartition("//")[2]) else ""


def _reasons(watches: Sequence[WatchedJob], now: float) -> Iterator[str]:
    groups = failure_groups(watches)
    if len(watches) < 2 or not groups:
        return
    yield from ("", "## By reason", "")
    yield from (_group_line(group, now) for group in groups)


def _group_line(group: FailureGroup, now: float) -> str:
    code = f" {_code(group.code)}" if _code(group.code) else ""
    since = f"since {stamp(group.first_at)} ({duration(now - group.first_at)} ago)"
    message = f": {said(group.message)}" if group.message else ""
    advice = f" {group.advice.text}" if group.advice.text else ""
    return f"- {group.count:,} × {said(group.title)}{code}, {since}{message}.{advice}"


def _job_lines(job: HandoverJob, now: float, *, with_notes: bool) -> Iterator[str]:
    watch, kind = job.watch, job.watch.verdict.kind
    yield f"## {GLYPHS[kind]} {kind.value}: {_number(watch.job.id.given)}"
    yield ""
    yield from _field("What happened", said(watch.verdict.sentence, _known_numbers(watch)))
    yield from _field("Since", _since(watch, now))
    yield from _field("Advice", _advice(watch))
    yield from _field("Tenant", quoted(watch.job.tenant))
    if watch.digest is not None:
        yield from _field("Order", _number(watch.digest.order_number))
        yield from _field("Account", _number(watch.digest.account_number))
        yield from _field("Subscriptions", _numbers(watch.digest.subscriptions, watch.digest.subscription_count))
        yield from _field("Invoices", _numbers(watch.digest.invoices, watch.digest.invoice_count))
    if with_notes:
        yield from _field("Label", quoted(watch.label))
        yield from _field("Tags", ", ".join(map(quoted, watch.tags)))
        yield from _field("Batch", quoted(watch.batch))
        yield from _field("Note", quoted(watch.note))
    yield from _reads(job, now)
    yield from filter(None, map(_read_line, job.reads))
    events = ((event.at, _event_text(event.event, event.verdict)) for event in job.timeline)
    yield from (f"- {stamp(at)}: {text}" for at, text in events if text)


def _field(name: str, text: str) -> Iterator[str]:
    if text:
        yield f"- {name}: {text}"


def _since(watch: WatchedJob, now: float) -> str:
    changed_at = watch.ended_at if watch.is_final else watch.changed_at
    parts = [f"added {_ago(watch.added_at, now)}"]
    if watch.ended_at is not None and had_ended(watch):
        parts.append(f"ended before the first poll at {_ago(watch.ended_at, now)}")
    elif watch.ended_at is not None and watch.is_final:
        parts += [f"ended {_ago(watch.ended_at, now)}", f"took at most {duration(watch.ended_at - watch.added_at)}"]
    elif changed_at is not None:
        parts.append(f"in this state {_ago(changed_at, now)}")
    return "; ".join(parts)


def _ago(at: float, now: float) -> str:
    return f"{stamp(at)} ({duration(now - at)} ago)"


def _advice(watch: WatchedJob) -> str:
    """Return the advice, which is our own text but for the title of an unknown error."""
    advice = advise(watch.digest)
    again = {True: "Submitting it again can succeed.", False: "Submitting it again does not help.", None: ""}
    parts = (advice.text, again[advice.is_transient] if advice.text else "")
    return " ".join(part for part in parts if part)


def _numbers(numbers: Sequence[str], count: int) -> str:
    shown = [number for number in map(_number, numbers[:NUMBERS]) if number]
    more = max(count, len(numbers)) - len(shown)
    return ", ".join((*shown, f"{more:,} more")) if more > 0 and shown else ", ".join(shown)


def _reads(job: HandoverJob, now: float) -> Iterator[str]:
    """Yield when Zuora was asked and what it said: the last response, the last call, and the calls that failed."""
    watch, success = job.watch, job.success
    stale = ", out of date" if is_stale(watch, now) else ""
    answered_at = watch.answered_at
    yield from _field("Last response", f"{_ago(answered_at, now)}{stale}" if answered_at else "none yet")
    if success is not None:
        yield from _field(f"Response of {stamp(success.at)}", _ids(success.call))
    last = job.calls[-1] if job.calls else None
    if last is not None and (success is None or last.at > success.at):
        yield from _field(f"Last call, {stamp(last.at)}", ", ".join((_outcome(last), _ids(last.call))).strip(", "))
    elif watch.problem is not None and watch.problem_at:
        yield from _field(f"Last call, {stamp(watch.problem_at)}", f"failed: {_problem(watch)}")
    failures = [call for call in job.calls if call.is_failure]
    if failures:
        yield from _field("Failed calls", f"{len(failures):,} of the last {len(job.calls):,}")


def _read_line(call: "LoggedCall") -> str:
    """Return the read of an object that the job created: which one, its status, and when it was read."""
    reference = call.reference
    number = _number(reference.key) if reference is not None else ""
    if reference is None or not number:
        return ""
    outcome = _outcome(call) if call.problem is not None else said(call.status)
    return f"- Read {reference.kind.noun} {number}, {stamp(call.at)}: {', '.join((outcome, _ids(call.call)))}"


def _outcome(call: "LoggedCall") -> str:
    if call.problem is None:
        return "successful response"
    code = _code(call.problem.code)
    return f"failed: {call.problem.kind.title}{f', {code}' if code else ''}"


def _problem(watch: WatchedJob) -> str:
    """Return the last problem without its detail, which may be the text of a response that is not about a job."""
    if watch.problem is None:
        return ""
    code = _code(watch.problem.code)
    return f"{watch.problem.kind.title}{f', {code}' if code else ''}. {watch.problem.kind.meaning}"


def _ids(call: "Call") -> str:
    ids = {"request id": call.request_id, "process id": call.process_id, "track id": call.track_id}
    status = [f"HTTP {call.http_status}"] if call.http_status else []
    return ", ".join([*status, *(f"{name} {_number(text)}" for name, text in ids.items() if _number(text))])


def _event_text(event: EventKind, verdict: str) -> str:
    """Return an event without its text, which may be a label or the name of a file."""
    if event is EventKind.STATUS:
        return verdict if verdict in {kind.value for kind in VerdictKind} else ""
    return _EVENTS.get(event, "")


def _other_lines(watches: Sequence[WatchedJob]) -> Iterator[str]:
    for kind in (VerdictKind.RUNNING, VerdictKind.DONE):
        group = [watch for watch in watches if watch.verdict.kind is kind]
        if group:
            yield from ("", f"## {GLYPHS[kind]} {kind.value}: {plural(len(group), 'job')}", "")
            yield from (_short_line(watch) for watch in group)


def _short_line(watch: WatchedJob) -> str:
    order = _number(watch.digest.order_number) if watch.digest else ""
    ended = f"ended {stamp(watch.ended_at)}" if watch.ended_at and watch.is_final else f"added {stamp(watch.added_at)}"
    return "- " + ", ".join(part for part in (_number(watch.job.id.given), order, ended) if part)
