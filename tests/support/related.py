"""Results of reads for tests of the screen: bodies of a tenant's objects, parsed as the program does."""

import json
from typing import Any

from tests.support.scripted import NOW, ScriptedEngine
from zjobtui.models.observation import Call
from zjobtui.models.problem import Problem
from zjobtui.models.related import (
    ReadProblem,
    ReadProblemKind,
    ReadResult,
    Reference,
    Related,
    RelatedKind,
    read_problem,
)
from zjobtui.simulator.related import RelatedObjects
from zjobtui.simulator.world import Phase, World
from zjobtui.zuora.related import read_related

KINDS = {kind.word: kind for kind in RelatedKind}


def reference(word: str, key: str) -> Reference:
    return Reference(KINDS[word], key)


def read(word: str, key: str, body: object, http_status: int = 200) -> ReadResult:
    """Return the result of a read whose response has this body."""
    raw = json.dumps(body)
    of = reference(word, key)
    details = read_related(of, http_status, raw.encode())
    if isinstance(details, Problem):
        return read_problem(of, details, NOW, Call(http_status=http_status), raw)
    return Related(of, details, NOW, Call(http_status=http_status), raw)


def refused(word: str, key: str, kind: ReadProblemKind, detail: str = "") -> ReadProblem:
    return ReadProblem(reference(word, key), kind, detail, at=NOW)


def has(engine: ScriptedEngine, *results: ReadResult) -> ScriptedEngine:
    """Let the engine return these results."""
    engine.related |= {result.reference: result for result in results}
    return engine


def order(number: str = "O-00005577", status: str = "Pending", **fields: Any) -> ReadResult:  # noqa: ANN401 - JSON
    """Return the read of an order; a pending one lacks the customer acceptance date of its only action."""
    dates = [
        {"name": "ContractEffective", "triggerDate": "2026-12-01"},
        {"name": "ServiceActivation", "triggerDate": "2026-12-01"},
    ]
    action = {"type": "CreateSubscription", "triggerDates": dates, "createSubscription": {}}
    body = {
        "orderNumber": number,
        "status": status,
        "orderDate": "2026-11-20",
        "category": "NewSales",
        "existingAccountNumber": "A00000218",
        "createdDate": "2026-11-20 09:30:00",
        "subscriptions": [{"subscriptionNumber": "A-S00012346", "orderActions": [action]}],
        **fields,
    }
    return read("order", number, {"success": True, "order": body})


def subscription(number: str = "A-S00012346", **fields: Any) -> ReadResult:  # noqa: ANN401 - JSON
    body = {
        "subscriptionNumber": number,
        "id": "8ad08ccf7f3c1b6a017f3c2f1a2b0003",
        "status": "Pending Acceptance",
        "version": 3,
        "isLatestVersion": False,
        "accountNumber": "A00000218",
        "orderNumber": "O-00005577",
        "termType": "TERMED",
        "contractEffectiveDate": "2026-12-01",
        "serviceActivationDate": "2026-12-01",
        **fields,
    }
    return read("subscription", number, {"success": True, **body})


def account(number: str = "A00000218") -> ReadResult:
    body = {
        "basicInfo": {
            "accountNumber": number,
            "id": "8ad08ccf7f3c1b6a017f3c2f1a2b0001",
            "name": "Acme Ltd",
            "status": "Active",
        },
        "metrics": {"balance": 12.5},
        "billToContact": {"firstName": "Erika"},
    }
    return read("account", number, {"success": True, **body})


def has_orders_of_world(engine: ScriptedEngine, jobs: int, elapsed: float, seed: int = 7) -> ScriptedEngine:
    """Let the engine return the orders of the simulator's world that its jobs have created; see `watched_world`."""
    world = World(seed, jobs)
    lives = [life for given in world.job_ids if (life := world.job(given)) is not None]
    objects = RelatedObjects(lambda at: (life for life in lives if life.phase(at) is Phase.ENDED))
    numbers = {watch.digest.order_number for watch in engine.state.watchlist if watch.digest is not None}
    bodies = {number: objects.body("orders", number, elapsed) for number in numbers}
    return has(engine, *(read("order", number, json.loads(body.plain)) for number, body in bodies.items() if body))


NUMBERS = {
    "order": "orderNumber",
    "subscription": "subscriptionNumber",
    "order-line-item": "id",
    "invoice": "invoiceNumber",
    "payment": "number",
    "credit-memo": "number",
}
"""The field with the number of each kind of object that has one, or else with its id."""
