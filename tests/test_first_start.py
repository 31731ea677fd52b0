"""The first start in a terminal of its own, against a simulated Zuora: from nothing to the first job on the screen."""

from pathlib import Path

from tests.support.program import PROGRAM
from tests.support.terminal import Terminal
from zjobtui.simulator.running import running
from zjobtui.storage.places import STORE_NAME


def test_s1_from_nothing_to_the_first_job_and_the_secret_is_in_its_file_alone(tmp_path: Path) -> None:
    env = {
        "HOME": str(tmp_path),
        "ZJOBTUI_CONFIG": "",
        "XDG_CONFIG_HOME": str(tmp_path),
        "ZJOBTUI_DATA_DIR": str(tmp_path),
    }
    config = tmp_path / "zjobtui" / "config.toml"
    with running(jobs=3, seed=11, clock=lambda: 0.0) as served, Terminal(PROGRAM, 80, 24, env=env) as terminal:
        secret = served.client_secret.encode()
        terminal.wait_for("Another host, by its base URL", 20)
        terminal.press("up", "up", "up", "enter")
        terminal.wait_for("Base URL")
        for text in (served.base_url, served.client_id, served.client_secret):
            terminal.paste(text)
            terminal.press("enter")
        terminal.wait_for("✓ Signed in", 20)
        terminal.press("enter")
        terminal.wait_for("Paste any text that holds job ids", 20)
        terminal.paste(served.job_ids[0])
        terminal.wait_for("1 new job")
        terminal.press("enter")
        terminal.wait_for(lambda text: "Jobs · 1" in text and "calls/s" in text, 20)
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert secret not in terminal.raw
        assert terminal.attributes() == terminal.attributes_before
    holding = [one.name for one in tmp_path.rglob("*") if one.is_file() and secret in one.read_bytes()]
    assert [one.endswith(".secret") for one in holding] == [True]
    assert served.client_id in config.read_text()
    assert (tmp_path / STORE_NAME).exists()


def test_leaving_the_first_start_leaves_nothing_behind(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "ZJOBTUI_DATA_DIR": str(tmp_path)}
    with Terminal(PROGRAM, 80, 24, env=env) as terminal:
        terminal.wait_for("Another host, by its base URL", 20)
        terminal.press("esc")
        assert terminal.wait_exit() == 0
        assert terminal.modes() == frozenset()
    assert list(tmp_path.iterdir()) == []
