"""Select stored jobs by id, label, filter and tenant, and complete their names for the shell."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise

import click

from zjobtui.bootstrap.output import print_error
from zjobtui.cli.common import load_configuration
from zjobtui.config.paths import store_path
from zjobtui.models.duration_stats import typical_times
from zjobtui.models.filter_completion import expand_saved
from zjobtui.models.filter_fields import Vocabulary, vocabulary_of
from zjobtui.models.filters import Filter, FilterProblem, parse, translate
from zjobtui.models.history import REMOVALS, EventKind
from zjobtui.models.id_finder import find_job_ids
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.text import clean, shorten
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.storage.maintenance import known_batches, known_tenants, known_words
from zjobtui.storage.store import Store
from zjobtui.storage.ui_state import UI_STATE_NAME, saved_filters

NOT_WATCHED = "is not on the watchlist"

_AROUND = " \t\r\n\"'`,;<>()[]{}"
"""What may be copied together with the beginning of an id, or with a label."""

LEAST_DIGITS = 4
"""Digits that the beginning of a job id must have."""


def _read_filter(context: click.Context, parameter: click.Parameter, wanted: str) -> str:
    """Return the filter with saved filters in place of their names, and renamed values by their present names.

    Print a notice for each renamed value to standard error.
    """
    if not wanted or context.resilient_parsing:
        return wanted
    if "@" in wanted:
        saved = saved_filters(store_path().with_name(UI_STATE_NAME))
        wanted, unknown = expand_saved(wanted, saved)
        if unknown:
            word = shorten(clean(mask_secrets(unknown)), 40)
            known = f"saved filters: {', '.join(f'@{name}' for name in saved)}" if saved else "none is saved"
            message = f"“@{word}” is not a saved filter ({known}). Use quotation marks to search for it: '\"@{word}\"'"
            raise click.BadParameter(message, context, parameter)
    wanted, notices = translate(wanted)
    for notice in notices:
        print_error(f"--filter: {notice}.")
    return wanted


FILTER = click.option(
    "--filter",
    "wanted",
    default="",
    metavar="FILTER",
    callback=_read_filter,
    help="Only jobs that match, such as 'status:failed age<1d', or a saved filter such as @mine.",
)


def filter_jobs(watches: Iterable[WatchedJob], expression: str, tenant: str | None, now: float) -> list[WatchedJob]:
    """Return the jobs of the tenant that match the filter; raise `ValueError` if the filter is not valid."""
    listed = list(watches)
    of_tenant = [watch for watch in listed if tenant in {None, watch.job.tenant}]
    if not expression.strip():
        return of_tenant
    parsed = parse_filter(expression, listed)
    is_wanted = parsed.at(now, typical_times(listed) if parsed.is_timed else {})
    return [watch for watch in of_tenant if is_wanted(watch)]


def parse_filter(expression: str, watches: Sequence[WatchedJob]) -> Filter:
    """Return the filter for these jobs; raise `ValueError` if it is not valid, or names a value that is not known."""

    def known_words() -> Vocabulary:
        tenants = (configured.tenant.name for configured in load_configuration().tenants)
        return vocabulary_of(watches, tenants)

    parsed = parse(expression, known_words)
    if isinstance(parsed, FilterProblem):
        raise ValueError(f"--filter: {parsed}.")  # noqa: TRY004 - it is a value that is wrong
    return parsed


def removed_jobs(store: Store, kinds: Iterable[EventKind] = REMOVALS) -> tuple[WatchedJob, ...]:
    """Return the jobs that left the watchlist in these ways, which the store still has."""
    return tuple(watch for kind in kinds for watch in store.list_removed(kind))


def resolve_jobs(watches: Iterable[WatchedJob], text: str) -> list[WatchedJob]:
    """Return the jobs with this id or label, else those whose id begins with at least `LEAST_DIGITS` such digits."""
    known, label = list(watches), text.strip()
    digits = _digits(text)
    exact = [watch for watch in known if watch.job.id.key == digits or (watch.label and watch.label == label)]
    if exact or len(digits) < LEAST_DIGITS:
        return exact
    return [watch for watch in known if watch.job.id.key.startswith(digits)]


def names_in(watches: Sequence[WatchedJob], text: str) -> list[str]:
    """Return the text if it names jobs itself, else the job ids that it contains; if there are none, the text."""
    if resolve_jobs(watches, text):
        return [text]
    return [job_id.given for job_id in find_job_ids(text).ids] or [text.strip(_AROUND) or text]


def resolve_one(watches: Iterable[WatchedJob], text: str, absent: str = NOT_WATCHED) -> WatchedJob:
    """Return the one job that a text names; raise `ValueError`, whose message ends with `absent` if there is none."""
    known = list(watches)
    matches = resolve_jobs(known, text)
    if len(matches) == 1:
        return matches[0]
    shown, digits, label = shorten(clean(mask_secrets(text)), 60), _digits(text), text.strip()
    if not matches and digits and any(watch.job.id.key.startswith(digits) for watch in known):
        raise ValueError(f"“{shown}” is too short; give at least {LEAST_DIGITS} digits of the job id.")
    if not matches and (begun := [watch for watch in known if watch.label.startswith(label)] if label else []):
        raise ValueError(f"No job has exactly the id or label “{shown}”. Labels that begin with it: {_labels(begun)}.")
    if not matches:
        raise ValueError(f"“{shown}” {absent}.")
    if len({watch.job.id for watch in matches}) > 1:
        raise ValueError(f"“{shown}” matches {len(matches)} jobs, {_listed(matches)}; give more of the job id.")
    tenants = " and ".join(watch.job.tenant for watch in matches)
    raise ValueError(f"“{shown}” is watched in {tenants}; choose one with --tenant.")


LISTED = 5
"""Jobs that a message names."""


def _listed(watches: Sequence[WatchedJob]) -> str:
    """Return the beginnings of ids that tell these jobs apart, with their labels."""
    keys = [watch.job.id.key for watch in watches]
    length = next((size for size in range(8, 32) if len({key[:size] for key in keys}) == len(keys)), 32)
    names = [f"{watch.job.id.key[:length]} {watch.label}".rstrip() for watch in watches[:LISTED]]
    more = len(watches) - LISTED
    return ", ".join(names) + (f" and {more:,} more" if more > 0 else "")


def _labels(watches: Sequence[WatchedJob]) -> str:
    """Return the labels of these jobs, with the number of jobs if there are several."""
    numbers = Counter(watch.label for watch in watches)
    more = len(numbers) - LISTED
    names = [
        f"“{label}”" + (f" ({number:,} jobs)" if number > 1 else "") for label, number in [*numbers.items()][:LISTED]
    ]
    return ", ".join(names) + (f" and {more:,} more" if more > 0 else "")


def resolve_each(
    watches: Iterable[WatchedJob], texts: Sequence[str], absent: str = NOT_WATCHED
) -> tuple[list[WatchedJob], bool]:
    """Return the jobs that the texts name, and whether a text named none or several; print an error for each such."""
    known, resolved, is_refused = list(watches), {}, False
    for text in chain.from_iterable(names_in(known, text) for text in texts):
        try:
            watch = resolve_one(known, text, absent)
        except ValueError as error:
            print_error(str(error))
            is_refused = True
        else:
            resolved[watch.job] = watch
    return list(resolved.values()), is_refused


def select_jobs(
    watches: Iterable[WatchedJob], texts: Sequence[str], expression: str, tenant: str | None, now: float
) -> tuple[list[WatchedJob], bool]:
    """Return the jobs that are named and match the filter, and whether a text was refused.

    Raises `ValueError` if neither a name nor a filter is given, or if no job matches the filter.
    """
    if not texts and not expression.strip():
        raise ValueError("Give job ids, or select jobs with --filter.")
    matching = filter_jobs(watches, expression, tenant, now)
    if texts:
        return resolve_each(matching, texts)
    if not matching:
        raise ValueError("No jobs match.")
    return matching, False


def resolve_stored(store: Store, watchlist: Watchlist, text: str, tenant: str | None) -> WatchedJob:
    """Return the one job that a text names on the watchlist, else among archived and removed ones; or `ValueError`."""
    watched = filter_jobs(watchlist, "", tenant, 0.0)
    if resolve_jobs(watched, text):
        return resolve_one(watched, text)
    removed = filter_jobs(removed_jobs(store), "", tenant, 0.0)
    names = names_in(removed, text)
    if len(names) > 1:
        raise ValueError(f"“{shorten(clean(mask_secrets(text)), 60)}” contains {len(names)} job ids; give one.")
    text = names[0]
    if resolve_jobs(watched, text):
        return resolve_one(watched, text)
    return resolve_one(removed if resolve_jobs(removed, text) else watched, text)


def _digits(text: str) -> str:
    return text.strip().replace("-", "").lower()


def complete_jobs(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete ids and labels of watched jobs, only of the chosen tenant if there is one."""
    return known_words(store_path(), incomplete, _chosen_tenant(context), are_gone=False)


def complete_removed_jobs(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete ids and labels of archived and removed jobs, only of the chosen tenant if there is one."""
    return known_words(store_path(), incomplete, _chosen_tenant(context), are_gone=True)


def complete_batches(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete the names of batches, only of the chosen tenant if there is one."""
    return known_batches(store_path(), incomplete, _chosen_tenant(context))


def tenants_with_jobs(prefix: str) -> list[str]:
    """Return the tenants of stored jobs whose names begin with `prefix`."""
    return [name for name in known_tenants(store_path()) if name.startswith(prefix)]


def _chosen_tenant(context: click.Context) -> str | None:
    """Return the last `--tenant` of the line; `context.obj` has the words after the cursor, which click ignores."""
    words = [*(context.obj or ()), ""]
    for word, following in reversed(list(pairwise(words))):
        if word == "--tenant" or word.startswith("--tenant="):
            return str(word.partition("=")[2] or following)
    return context.params.get("tenant") or context.find_root().params.get("tenant")
