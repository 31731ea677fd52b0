"""`doctor`: what it looks at, and its exit status."""

import pytest

from tests.contract.conftest import Known
from tests.contract.names import SCHEMA, Exit, Field
from tests.contract.program import User


@pytest.mark.slow
def test_a_responding_tenant_has_no_findings(user: User) -> None:
    looked = user.run("doctor", "--json")
    assert (looked.status, looked.err) == (Exit.OK, "")
    assert (looked.json[Field.SCHEMA], looked.json[Field.OK]) == (SCHEMA, True)
    assert str(user.store) in looked.out
    assert user.variables["ZUORA_CLIENT_SECRET"] not in looked.out


@pytest.mark.slow
def test_a_host_that_does_not_respond_is_reported_unless_offline(user: User) -> None:
    dead = {"ZUORA_BASE_URL": "http://127.0.0.1:9"}
    looked = user.run("doctor", "--json", **dead)
    assert (looked.status, looked.json[Field.OK]) == (Exit.SOMETHING_WRONG, False)
    assert looked.json[Field.FINDINGS]
    assert user.run("doctor", "--offline", **dead).status == Exit.OK


@pytest.mark.slow
def test_damage_in_the_middle_of_the_store_is_found_and_repaired(user: User, known: Known) -> None:
    size = user.store.stat().st_size
    with user.store.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xa5" * 6_000)
    assert user.run("doctor", "--offline").status == Exit.SOMETHING_WRONG
    user.run("doctor", "--offline", "--mend")
    assert sorted(user.run("ls", "--json").ids) == sorted(known.all)
    assert user.run("doctor", "--offline").status == Exit.OK
