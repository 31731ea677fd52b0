"""Names of tenants in few cells stay distinguishable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.formatting.tenant_names import least_tenant_width, short_tenants
from zjobtui.models.text_width import cells


@pytest.mark.parametrize(
    ("names", "shortest"),
    [
        (("eu-prod", "eu-preprod"), {"eu-prod": "eu-prod", "eu-preprod": "eu-pre…"}),
        (("us", "eu"), {"us": "us", "eu": "eu"}),
        (("zuora-eu-1", "zuora-eu-2"), {"zuora-eu-1": "zuo…u-1", "zuora-eu-2": "zuo…u-2"}),
        (("sandbox",), {"sandbox": "sandbox"}),
        (
            ("company-europe-prod-1", "company-europe-preprod-1"),
            {"company-europe-prod-1": "…prod-1", "company-europe-preprod-1": "…prepr…"},
        ),
    ],
)
def test_tenant_names_are_cut_only_if_they_still_differ(names: tuple[str, ...], shortest: dict[str, str]) -> None:
    assert short_tenants(names, least_tenant_width(names)) == shortest


@given(st.sets(st.text("ab-", min_size=1, max_size=24), min_size=1, max_size=6))
def test_short_tenant_names_always_differ(names: set[str]) -> None:
    least = least_tenant_width(names)
    for width in (least, least + 1, least + 5):
        short = short_tenants(names, width)
        assert short is not None
        assert len(set(short.values())) == len(names)
        assert max(map(cells, short.values())) <= width
