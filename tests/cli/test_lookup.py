"""`lookup` and `show --related`, with the real engine over the simulator in the same process."""

import json
from collections.abc import Iterator

import pytest

from tests.cli.test_wait import late_clock
from tests.support.running import run
from zjobtui.simulator.related import PERSON
from zjobtui.simulator.server import Simulator, running

ORDER, PENDING, INVOICE, ACCOUNT = "O-00004857", "O-00004859", "INV00000042", "A00000217"
READS = {f"GET /v1/{kind}/{{key}}" for kind in ("orders", "subscriptions", "invoices", "payments", "accounts")}


@pytest.fixture(scope="module")
def world() -> Iterator[Simulator]:
    with running(jobs=22, seed=7, clock=late_clock(), faults="off=credit-memos,forbidden=payments") as served:
        yield served


@pytest.fixture
def served(world: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    monkeypatch.setenv("ZUORA_BASE_URL", world.base_url)
    monkeypatch.setenv("ZUORA_CLIENT_ID", world.client_id)
    monkeypatch.setenv("ZUORA_CLIENT_SECRET", world.client_secret)
    world.requests.by_route.clear()
    return world


def test_objects_are_read_once_and_nothing_is_polled(served: Simulator) -> None:
    result = run("lookup", "order", ORDER, PENDING, ORDER)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Order O-00004857       Completed · 2026-07-01 · NewSales\n" in result.stdout
    assert "The order exists but is not in force: dates are missing." in result.stdout
    assert "(no time zone given)" in result.stdout
    assert dict(served.requests.by_route) == {"POST /oauth/token": 1, "GET /v1/orders/{key}": 2}


def test_json_has_every_listed_field_and_no_other(served: Simulator) -> None:
    result = run("lookup", "account", ACCOUNT, "--json")
    printed = json.loads(result.stdout)
    assert (printed["schema"], printed["exit_status"], printed["tenant"]) == (2, 0, "env")
    account = printed["objects"][0]
    assert (account["kind"], account["key"], account["problem"]) == ("account", ACCOUNT, None)
    assert account["details"]["auto_pay"] is True
    assert account["details"]["balance"] == str(float(account["details"]["balance"]))
    assert not [value for value in PERSON.values() if value in result.stdout]
    assert "Fridays" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("order", "O-1"), 4, "Zuora did not find order O-1 in this tenant"),
        (("credit-memo", "CM1"), 5, "the feature that it belongs to is off"),
        (("payment", "P-00000042"), 5, "lacks a permission, or the tenant a feature"),
        (("invoice", "a/b"), 2, "“a/b” contains “/”, which could change the request"),
        (("order", ORDER, "O-1"), 4, "Zuora did not find order O-1"),
        (("payment", "P-1", "--tenant", "us"), 2, "Unknown tenant “us”"),
    ],
)
def test_each_problem_has_its_exit_status_and_sentence(
    served: Simulator, arguments: tuple[str, ...], status: int, words: str
) -> None:
    result = run("lookup", *arguments)
    assert result.exit_code == status
    assert words in result.stderr
    assert (ORDER in arguments) is (ORDER in result.stdout)
    assert served.requests.by_route["GET /v1/async-jobs/{id}"] == 0


def test_an_old_version_has_the_same_problems(
    served: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    path = f"{tmp_path}/config.toml"
    monkeypatch.delenv("ZUORA_BASE_URL")
    monkeypatch.delenv("ZUORA_CLIENT_ID")
    monkeypatch.setenv("ZJOBTUI_CONFIG", path)
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - one line
        file.write(f'[tenants.old]\nurl = "{served.base_url}"\nclient_id = "{served.client_id}"\n')
        file.write('secret_env = "ZUORA_CLIENT_SECRET"\nversion = "186.0"\n')
    assert [
        run("lookup", *words).exit_code for words in (("order", "O-1"), ("credit-memo", "CM1"), ("payment", "P-1"))
    ] == [4, 5, 5]


def test_a_signed_out_tenant_exits_with_5_and_an_absent_host_with_6(
    served: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZUORA_CLIENT_SECRET", "wrong")
    signed_out = run("lookup", "order", ORDER)
    assert (signed_out.exit_code, "Signed out: order O-00004857 was not read" in signed_out.stderr) == (5, True)
    monkeypatch.setenv("ZUORA_BASE_URL", "http://127.0.0.1:9")
    absent = run("lookup", "order", ORDER)
    assert (absent.exit_code, "could not be reached" in absent.stderr) == (6, True)
    assert served.requests.by_route["GET /v1/orders/{key}"] == 0


def test_show_related_reads_the_objects_of_the_result_and_stores_nothing(served: Simulator) -> None:
    job = served.job_ids[2]
    assert run("wait", job).exit_code == 3
    served.requests.by_route.clear()
    plain, related = run("show", job), run("show", job, "--related")
    assert related.exit_code == 5
    assert "Subscription A-S00012945 is Pending A" in related.stdout
    assert "does not show payment" in related.stderr
    assert set(served.requests.by_route) - {"POST /oauth/token"} <= READS
    assert set(served.requests.by_route) > {"GET /v1/orders/{key}", "GET /v1/subscriptions/{key}"}
    printed = json.loads(run("show", job, "--related", "--json").stdout)
    assert [each["kind"] for each in printed["related"]][:2] == ["order", "subscription"]
    assert {each["problem"] for each in printed["related"]} == {None, "forbidden"}
    assert printed["not_read"] == []
    assert "Acme Ltd" not in run("show", job).stdout + run("export").stdout
    assert run("show", job).stdout.partition("Timeline")[2] == plain.stdout.partition("Timeline")[2]


def test_ten_of_300_subscriptions_are_read_and_the_others_are_named(served: Simulator) -> None:
    job = served.job_ids[4]
    run("wait", job)
    served.requests.by_route.clear()
    result = run("show", job, "--related")
    assert result.exit_code == 0
    assert served.requests.by_route["GET /v1/subscriptions/{key}"] == 10
    assert "Subscriptions (300 or more)" in result.stdout
    assert "Pending Acceptance" in result.stdout
    assert result.stderr == "Not read: 290 more subscriptions: zjobtui lookup subscription ….\n"


def test_a_job_without_a_result_reads_nothing(served: Simulator) -> None:
    job = served.job_ids[1]
    run("wait", job)
    served.requests.by_route.clear()
    result = run("show", job, "--related")
    assert (result.exit_code, served.requests.total) == (0, 0)
    assert result.stdout.endswith("The result of this job names nothing that can be read.\n")
