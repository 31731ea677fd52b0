from dataclasses import replace

import pytest

from tests.support.building import job
from tests.support.reading import whole
from tests.support.screen_harness import TENANT, run_monitor
from tests.support.scripted import call
from tests.support.staging import heard, staged
from tests.ui.sizes import WIDE_FIRST
from zjobtui.models.observation import Success

LIMITS = (("ratelimit-limit", "2500, 2500;w=60"), ("ratelimit-remaining", "2400"), ("ratelimit-reset", "12"))


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_the_view_shows_call_limits_tenant_and_curl_command(size: tuple[int, int]) -> None:
    answer = heard("recorded-processing")
    assert isinstance(answer, Success)
    tenant = replace(TENANT, credentials_from="file ~/.secret (plain text, 0600)")
    async with run_monitor(staged(replace(answer, call=call(limits=LIMITS))), size, tenant=tenant) as view:
        await view.press("4", "tab")
        result = await whole(view)
        for words in (
            "Local time 14:00:00 UTC",
            "Request id d7479cf6-b410-4630-b841-268ccd48f0d2",
            "Track id 5b0c3bd6d1a94c6c8a3f3f6a3d6b1d11",
            "Response HTTP 200 · 84 ms",
            "Tenant EU API sandbox · env",
            "Host 127.0.0.1",
            "Secret from file ~/.secret (plain text, 0600)",
            "Calls allowed 2,500 per minute",
            "Calls left 2,400 of 2,500 per minute, resets in 12s",
            'curl -sS -H "Authorization: Bearer $ZUORA_TOKEN"',
        ):
            assert words in result, words


async def test_without_a_response_the_curl_command_is_shown() -> None:
    async with run_monitor(staged(None)) as view:
        await view.press("4")
        assert "No response yet." in view.words
        assert f"/v1/async-jobs/{job(1).id}" in view.words.replace(" ", "")
