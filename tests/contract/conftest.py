"""What the contract shares: one simulated tenant for each process of pytest, and a watchlist that has its answers."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contract.names import Exit, Verdict
from tests.contract.program import Printed, User
from tests.contract.simulated import Zuora, simulate


@dataclass(frozen=True, slots=True)
class Known:
    """A watchlist with one job of each verdict and one done more; all but the running job have been answered for."""

    folder: Path
    ids: dict[Verdict, str]
    more: str
    listed: Printed
    """What `ls --json` prints of it."""

    @property
    def all(self) -> list[str]:
        """The ids in the order in which they were added."""
        return _in_order(self.ids, self.more)

    @property
    def failed(self) -> str:
        """The failed one, which has a label, a tag and a note."""
        return self.ids[Verdict.FAILED]


def _in_order(ids: dict[Verdict, str], more: str) -> list[str]:
    others = (job_id for verdict, job_id in ids.items() if verdict not in {Verdict.FAILED, Verdict.RUNNING})
    return [ids[Verdict.FAILED], *others, more, ids[Verdict.RUNNING]]


LABEL, TAG, NOTE = "CS-4390 renewal", "acme", "call them back"
"""What is written on the failed job."""


@pytest.fixture(scope="session")
def zuora() -> Iterator[Zuora]:
    """The simulator, in its own process."""
    with simulate() as tenant:
        yield tenant


@pytest.fixture(scope="session")
def known(zuora: Zuora, tmp_path_factory: pytest.TempPathFactory) -> Known:
    """A watchlist that was answered for; to be copied."""
    user = User(tmp_path_factory.mktemp("known"), zuora.environment)
    ids, more = zuora.one_of_each, zuora.ended[Verdict.DONE][1]
    failed, *others, running = _in_order(ids, more)
    assert user.run("add", failed, "--label", LABEL, "--tag", TAG, "--note", NOTE).status == Exit.OK
    assert user.run("add", *others).status == Exit.OK
    assert user.run("wait", failed, *others, "--timeout", "30s").status == Exit.FAILED
    assert user.run("add", running).status == Exit.OK
    (user.data / "watchlist.backup.sqlite3").unlink()  # made by the first command; the next makes one that has all
    return Known(user.data, ids, more, user.run("ls", "--json"))


@pytest.fixture
def new_user(tmp_path: Path) -> User:
    """A user who has configured nothing and watches nothing."""
    return User(tmp_path)


@pytest.fixture
def newcomer(tmp_path: Path, zuora: Zuora) -> User:
    """A user with a tenant, who watches nothing."""
    return User(tmp_path, zuora.environment)


@pytest.fixture
def user(newcomer: User, known: Known) -> User:
    """A user with a tenant, who watches the jobs of `known`."""
    shutil.copytree(known.folder, newcomer.data)
    return newcomer
