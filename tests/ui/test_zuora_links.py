"""Links into Zuora: which exist, how the detail shows them, and what `O` does with them."""

import asyncio
import base64
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.building import NOW, read_result, seen
from tests.support.screen_harness import TENANT, ScreenView, run_monitor
from tests.support.staging import staged
from tests.ui.sizes import NARROW_FIRST
from zjobtui.config.tenants import HOSTS, make_tenant
from zjobtui.formatting.zuora_links import zuora_links
from zjobtui.models.job import JobRef
from zjobtui.models.observation import Success
from zjobtui.ui.share import can_show_browser

ACCOUNT, VERSION = "402892c74c9193cd014c96bbe7c101f9", "8a90aad6925c6fa901925e15d3a1147b"
EU = make_tenant("env", "https://rest.eu.zuora.com")
RESULT = {
    "jobType": "AsyncCreateOrder",
    "status": "Completed",
    "orderNumber": "O-0001",
    "accountId": ACCOUNT,
    "accountNumber": "A00000218",
    "subscriptions": [
        {"subscriptionNumber": "A-S00012346", "subscriptionId": VERSION, "status": "Active"},
        {"subscriptionId": VERSION, "status": "Active"},
    ],
    "invoiceNumbers": ["INV00000001", "INV00000002"],
}
URLS = {
    "A00000218": f"https://eu.zuora.com/apps/CustomerAccount.do?method=view&id={ACCOUNT}",
    "A-S00012346": "https://eu.zuora.com/platform/apps/search?searchTerm=A-S00012346&searchObjectType=subscription",
    VERSION: f"https://eu.zuora.com/platform/subscriptions/{VERSION}",
    "INV00000001": "https://eu.zuora.com/apps/NewInvoice.do?method=view&invoice_number=INV00000001",
    "INV00000002": "https://eu.zuora.com/apps/NewInvoice.do?method=view&invoice_number=INV00000002",
}


def order(**fields: object) -> Success:
    return seen(read_result({**RESULT, **fields}), NOW)


def urls(success: Success, base_url: str = EU.base_url) -> dict[str, str]:
    return {link.number: link.url for link in zuora_links(make_tenant("env", base_url), success)}


def test_only_links_that_are_known_to_work_are_used() -> None:
    assert urls(order()) == URLS
    assert [link.name for link in zuora_links(EU, order()) if link.remark] == ["subscription version"]


def test_every_documented_host_has_links_and_no_other() -> None:
    for host in HOSTS:
        assert all(url.startswith(f"{host.ui_url}/") for url in urls(order(), host.base_url).values())
        assert len(urls(order(), host.base_url)) == len(URLS)
    for base_url in ("https://rest.eu.zuora.com.evil.example", "https://zuora.example.com", "http://127.0.0.1:8065"):
        assert urls(order(), base_url) == {}
    assert zuora_links(replace(EU, ui_url="https://evil.example"), order()) == ()


@pytest.mark.parametrize(
    "number",
    [
        "A\x1b]8;;https://evil.example\x1b\\x",
        "../../evil",
        "1&id=2",
        "1 2",
        "javascript:alert(1)",
        "é",
        "\u202e",
        "x" * 65,
    ],
)
def test_an_invalid_number_has_no_link(number: str) -> None:
    hostile = order(accountId=number, subscriptions=[{"subscriptionNumber": number}], invoiceNumbers=[number])
    assert urls(hostile) == {}


def links(sent: str) -> dict[str, str]:
    """Return the URL of each linked text in the output."""
    found = re.findall(r"\x1b\]8;[^;]*;([^\x1b]+)\x1b\\(.*?)\x1b\]8;;\x1b\\", sent)
    return {re.sub(r"\x1b\[[\d;]*m", "", text): url for url, text in found}


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_the_numbers_in_the_detail_are_hyperlinks(size: tuple[int, int]) -> None:
    async with run_monitor(staged(order()), size, tenant=EU) as view:
        await view.press("tab", *["down"] * 20)
        assert {name: url for name, url in links(view.sent).items() if name in URLS} == URLS
        assert not view.crooked()


async def test_an_unknown_host_has_no_hyperlinks() -> None:
    async with run_monitor(staged(order()), tenant=TENANT) as view:
        await view.press("tab")
        assert "A00000218" in view.words
        assert "\x1b]8;" not in view.sent
        await view.press("home", "O")
        assert "Zuora has no link to an order: search for O-0001 under Customers › Orders." in view.toast


def copied(view: ScreenView) -> str:
    copies = re.findall(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", view.sent)
    return base64.b64decode(copies[-1]).decode() if copies else ""


async def go_to(view: ScreenView, words: str) -> None:
    """Move the cursor of the detail to the line with these words."""
    await view.press("tab", "home")
    for _ in range(40):
        line = view.app._monitor._detail.line_under_cursor
        if line is not None and words in "".join(text for text, _ in line.spans):
            return
        await view.press("down")
    raise AssertionError(words)


@pytest.fixture(autouse=True)
def _no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.slow
async def test_o_copies_the_link_of_the_line_under_the_cursor() -> None:
    async with run_monitor(staged(order()), tenant=EU) as view:
        for words in ("A00000218", "A-S00012346"):
            await go_to(view, words)
            await view.press("O")
            assert copied(view) == URLS[words]
            await view.press("escape")
        await go_to(view, "INV00000001")
        await view.press("O", "down", "enter")
        assert copied(view) == URLS["INV00000002"]


async def test_o_opens_the_line_at_which_it_was_pressed_even_if_the_cursor_moves_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = staged(order())
    async with run_monitor(engine, tenant=EU) as view:
        load, detail = engine.archive.last_response, view.app._monitor._detail
        await go_to(view, "A00000218")

        def load_while_the_cursor_moves(job: JobRef, /) -> Success | None:
            view.app.call_from_thread(detail.go_to, detail.cursor + 1)
            return load(job)

        monkeypatch.setattr(engine.archive, "last_response", load_while_the_cursor_moves)
        await view.press("O")
        assert copied(view) == URLS["A00000218"]


@pytest.mark.slow
async def test_o_says_that_an_id_names_a_version_and_how_to_find_an_order() -> None:
    async with run_monitor(staged(order(subscriptions=[{"subscriptionId": VERSION}])), tenant=EU) as view:
        await go_to(view, VERSION)
        await view.press("O")
        assert copied(view) == URLS[VERSION]
        assert "The id names one version of the subscription; there may be a later one." in view.toast
        await view.press("escape")
        await go_to(view, "O-0001")
        await view.press("O")
        assert "search for O-0001 under Customers › Orders." in view.toast


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_numbers_in_the_related_view_are_links_too(size: tuple[int, int]) -> None:
    async with run_monitor(staged(order()), size, tenant=EU) as view:
        await view.press("5")
        for words, url in (("INV00000002", URLS["INV00000002"]), ("A00000218", URLS["A00000218"])):
            await go_to(view, words)
            await view.press("O")
            assert copied(view) == url
            assert links(view.sent)[words] == url
            await view.press("escape")
        await go_to(view, "O-0001")
        await view.press("O")
        assert "search for O-0001 under Customers › Orders." in view.toast


async def test_o_in_the_list_shows_a_menu_of_links() -> None:
    async with run_monitor(staged(order()), (80, 24), tenant=EU) as view:
        await view.press("O")
        for words in (
            "account A00000218",
            "subscription A-S00012346",
            "invoice INV00000002",
            "search for O-0001 under",
        ):
            assert words in view.text
        await view.press("enter")
        assert copied(view) == URLS["A00000218"]


async def test_o_without_a_response_says_why_there_is_none() -> None:
    async with run_monitor(staged(None), tenant=EU) as view:
        await view.press("O")
        assert "No links: the job has no account" in view.toast


async def test_with_a_display_the_browser_is_started_without_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\necho noise; echo "$1 ${{ZUORA_CLIENT_SECRET-unset}}" > {opened}\n', encoding="utf-8"
    )
    browser.chmod(0o700)
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    monkeypatch.setenv("ZUORA_CLIENT_SECRET", "sentinel")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    async with run_monitor(staged(order()), tenant=EU) as view:
        await go_to(view, "A00000218")
        await view.press("O")
        assert "Opening account A00000218 in the browser." in view.toast
        for _ in range(500):
            if opened.exists() and opened.read_text(encoding="utf-8"):
                break
            await asyncio.sleep(0.01)
        assert opened.read_text(encoding="utf-8").split() == [URLS["A00000218"], "unset"]
        assert "noise" not in view.text


@pytest.mark.parametrize(
    ("environ", "platform", "is_root", "is_possible"),
    [
        ({"DISPLAY": ":0"}, "linux", False, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", False, True),
        ({}, "darwin", False, True),
        ({}, "linux", False, False),
        ({"DISPLAY": ":0"}, "linux", True, False),
        ({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "1 2 3 4"}, "linux", False, False),
        ({"SSH_TTY": "/dev/ttys1"}, "darwin", False, False),
    ],
)
def test_a_browser_is_opened_only_where_the_user_sees_it(
    environ: Mapping[str, str], platform: str, is_root: bool, is_possible: bool
) -> None:
    assert can_show_browser(environ, platform=platform, is_root=is_root) is is_possible
