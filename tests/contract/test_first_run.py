"""The first start, where no tenant is configured: from nothing to the first job on the screen."""

from tests.contract.names import Exit, Key, Screen, Wizard, new_in_text
from tests.contract.program import User
from tests.contract.simulated import Zuora
from tests.contract.window import press


def test_the_first_run_leads_to_a_polled_job_and_the_secret_is_only_in_its_file(new_user: User, zuora: Zuora) -> None:
    config = new_user.home / "zjobtui" / "config.toml"
    with new_user.terminal(size=(80, 24)) as window:
        window.wait_for(Wizard.OTHER_HOST, 20)
        press(window, *Wizard.UP_TO_OTHER_HOST, Key.ENTER, until=Wizard.URL)
        for text in (zuora.url, zuora.client_id, zuora.secret):
            window.paste(text)
            window.press(Key.ENTER)
        window.wait_for(Wizard.SIGNED_IN, 20)
        press(window, Key.ENTER, until=Wizard.FIRST_JOBS)
        window.paste(zuora.running[0])
        window.wait_for(new_in_text(1))
        press(window, Key.ENTER, until=f"{Screen.LIST}1")
        window.wait_for(Screen.POLLING, 20)
        press(window, Key.QUIT)
        assert window.wait_exit() == Exit.OK
        assert zuora.secret.encode() not in window.raw
        assert window.modes() == frozenset()
        assert window.attributes() == window.attributes_before
    holding = [one for one in new_user.home.rglob("*") if one.is_file() and zuora.secret.encode() in one.read_bytes()]
    assert [one.name.endswith(Wizard.SECRET_FILE_END) for one in holding] == [True]
    assert holding[0].stat().st_mode & 0o077 == 0
    assert zuora.client_id in config.read_text(encoding="utf-8")
    assert new_user.run("ls", "--json").ids == [zuora.running[0]]


def test_leaving_the_first_run_creates_no_files(new_user: User) -> None:
    with new_user.terminal(size=(80, 24)) as window:
        window.wait_for(Wizard.OTHER_HOST, 20)
        press(window, Key.BACK)
        assert window.wait_exit() == Exit.OK
        assert window.modes() == frozenset()
    assert list(new_user.home.iterdir()) == []


def test_without_a_configured_tenant_the_variables_are_named(new_user: User) -> None:
    with new_user.terminal("--tenant", "eu") as window:
        assert window.wait_exit() == Exit.USAGE
        for word in ("ZUORA_BASE_URL", "ZUORA_CLIENT_ID", "ZUORA_CLIENT_SECRET", "ZUORA_BEARER_TOKEN", "zjobtui demo"):
            assert word in window.text()
