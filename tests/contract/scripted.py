"""A tenant with the responses that a test chooses, which keeps the headers of the requests."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.answers import Answer, token
from tests.support.fault_server import FaultServer, fault_server
from tests.support.scripts import JOBS_PATH
from tests.support.wire import Request


@dataclass(frozen=True, slots=True)
class Scripted:
    """The responses by job id, any of which may be replaced while it runs; a job without one is running."""

    answers: dict[str, Mapping[str, object]]
    server: FaultServer

    @property
    def url(self) -> str:
        """The URL of the tenant."""
        return self.server.base_url

    @property
    def headers(self) -> list[Mapping[str, str]]:
        """The headers of all calls about jobs, with names in lower case."""
        return [request.headers for request in self.server.requests_for(JOBS_PATH)]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make it the tenant `env`."""
        return {"ZUORA_BASE_URL": self.url, "ZUORA_CLIENT_ID": "id", "ZUORA_CLIENT_SECRET": "sentinel-secret"}


@contextmanager
def scripted(answers: Mapping[str, Mapping[str, object]]) -> Iterator[Scripted]:
    """Serve on loopback during the block."""
    current = dict(answers)

    def respond(request: Request) -> Answer | None:
        body = current.get(request.path.removeprefix(JOBS_PATH).replace("-", ""))
        return None if body is None else Answer.of(body)

    with fault_server(respond, token=token("sentinel-token")) as server:
        yield Scripted(current, server)
