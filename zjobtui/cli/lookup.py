"""`lookup`, and the reads of `show --related`: read objects in Zuora once, without polling any job."""

import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import CancelledError
from itertools import groupby

import click

from zjobtui.bootstrap.configuration import Configured
from zjobtui.bootstrap.engine import polling
from zjobtui.bootstrap.output import OK, SOME_REFUSED, USAGE, print_error, print_json
from zjobtui.cli.common import (
    NO_TENANT,
    load_valid_configuration,
    open_store_and_watchlist,
    tenant_for_new_jobs,
    unknown_tenant,
)
from zjobtui.cli.options import AS_JSON, tenant_option
from zjobtui.clock import SystemClock
from zjobtui.formatting.outline import to_text
from zjobtui.formatting.records import RECORD_SCHEMA
from zjobtui.formatting.related import related_node
from zjobtui.formatting.related_records import related_record
from zjobtui.models.outcome import Outcome
from zjobtui.models.related import ReadProblem, ReadProblemKind, ReadResult, Reference, RelatedKind
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.options import EngineOptions
from zjobtui.signals import raise_on_signals
from zjobtui.storage.store import Store

MOST_OF_A_KIND = 10
"""Objects of each kind that `show --related` reads: 300 subscriptions would take a third of an API sandbox's calls."""

_KINDS = {kind.word: kind for kind in RelatedKind}
_NOT_FOUND, _NO_ACCESS, _NOT_IN_TIME = Outcome.UNKNOWN.status, Outcome.SIGNED_OUT.status, Outcome.OPEN.status
_STATUSES = {
    ReadProblemKind.NOT_VALID: USAGE,
    **dict.fromkeys(
        (ReadProblemKind.REFUSED, ReadProblemKind.UNREADABLE, ReadProblemKind.TOO_LARGE),
        SOME_REFUSED,
    ),
    ReadProblemKind.NOT_FOUND: _NOT_FOUND,
    **dict.fromkeys(
        (
            *(ReadProblemKind.FEATURE_OFF, ReadProblemKind.NO_ROUTE, ReadProblemKind.FORBIDDEN),
            *(ReadProblemKind.SIGNED_OUT, ReadProblemKind.MISCONFIGURED),
        ),
        _NO_ACCESS,
    ),
    **dict.fromkeys(
        (
            *(ReadProblemKind.THROTTLED, ReadProblemKind.DAY_USED_UP),
            *(ReadProblemKind.UNREACHABLE, ReadProblemKind.SERVER_ERROR),
        ),
        _NOT_IN_TIME,
    ),
}
"""The exit status of each problem, the worst first."""


@click.command()
@click.argument("kind", type=click.Choice(tuple(_KINDS)))
@click.argument("keys", nargs=-1, required=True, metavar="KEY…")
@tenant_option("Tenant to read from.")
@AS_JSON
def lookup(kind: str, keys: tuple[str, ...], tenant: str | None, as_json: bool) -> None:
    r"""Read an order, a subscription or another object from Zuora.

    KEY is its number or its id; orders have only numbers, order line items only ids. Each is read once, and counts
    among the tenant's calls. Nothing is stored. Contacts, addresses and payment methods are not printed.

    \b
    The exit status is that of the worst read; the worst first:
    2    not a valid number or id, or wrong usage or configuration
    1    refused, too large, or a response that is not about the object
    4    not found
    5    signed out, no permission, the feature is off, no secret, or a wrong setting
    6    unreachable or timed out; throttled, or the day's calls are used up
    0    read

    \b
    Examples:
    zjobtui lookup order O-00004857
    zjobtui lookup invoice INV00000042 INV00000043 --json | jq .objects[].details.balance
    """
    with open_store_and_watchlist() as (store, _, now):
        tenants = load_valid_configuration().tenants
        if not tenants:
            raise ValueError(NO_TENANT)
        name = tenant_for_new_jobs(tenants, tenant)
        results = read_all(tenants, name, store, [Reference(_KINDS[kind], key) for key in dict.fromkeys(keys)])
        status = exit_status(results)
        if as_json:
            objects = [related_record(result) for result in results]
            print_json({"schema": RECORD_SCHEMA, "tenant": name, "exit_status": status, "objects": objects})
        else:
            print_results(results, now)
    sys.exit(status)


def read_all(
    tenants: Sequence[Configured], name: str, store: Store, references: Sequence[Reference]
) -> list[ReadResult]:
    """Read objects of a tenant; raise `ValueError` if it is not configured. No job is polled."""
    chosen = [configured for configured in tenants if configured.tenant.name == name]
    if not chosen:
        raise ValueError(unknown_tenant(name, [configured.tenant.name for configured in tenants]))
    with raise_on_signals(), polling(chosen, store, Watchlist({}), SystemClock(), EngineOptions(only=())) as engine:
        futures = [engine.read_related(name, each.kind, each.key) for each in references]
        try:
            return [future.result() for future in futures]
        except (CancelledError, RuntimeError) as fault:
            raise ValueError(engine.state.fault or f"The reads were interrupted: {fault}".rstrip(": ")) from fault


def exit_status(results: Iterable[ReadResult]) -> int:
    """Return the exit status of the worst read; 0 if all succeeded."""
    kinds = {result.kind for result in results if isinstance(result, ReadProblem)}
    return next((status for kind, status in _STATUSES.items() if kind in kinds), OK)


def print_results(results: Iterable[ReadResult], now: float, statuses: dict[str, str] | None = None) -> None:
    """Print what was read, with a blank line between two objects, and on standard error what was not."""
    for number, result in enumerate(results):
        if isinstance(result, ReadProblem):
            print_error(result.sentence)
        else:
            print("\n" * (number > 0) + "\n".join(to_text([related_node(result, now, statuses=statuses)])))


def limit_of_a_kind(references: Iterable[Reference]) -> tuple[list[Reference], list[str]]:
    """Return the first references of each kind, and a phrase for each kind of which more are left out."""
    kept, left_out = list[Reference](), list[str]()
    for kind, group in groupby(references, key=lambda each: each.kind):
        of_kind = list(group)
        kept += of_kind[:MOST_OF_A_KIND]
        if len(of_kind) > MOST_OF_A_KIND:
            more = len(of_kind) - MOST_OF_A_KIND
            left_out.append(f"{more} more {kind.noun}s: zjobtui lookup {kind.word} …")
    return kept, left_out
