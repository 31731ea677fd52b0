"""A tenant that answers what a test says, and keeps what it was asked."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(slots=True)
class Scripted:
    """The answers by job id, any of which may be replaced while it runs; a job without one is still running."""

    answers: dict[str, Mapping[str, object]]
    headers: list[Mapping[str, str]] = field(default_factory=list)
    url: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make it the tenant `env`."""
        return {"ZUORA_BASE_URL": self.url, "ZUORA_CLIENT_ID": "id", "ZUORA_CLIENT_SECRET": "sentinel-secret"}


@contextmanager
def scripted(answers: Mapping[str, Mapping[str, object]]) -> Iterator[Scripted]:
    """Serves on loopback while the block runs."""
    tenant = Scripted(dict(answers))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer({"access_token": "sentinel-token", "token_type": "bearer", "expires_in": 3600})

        def do_GET(self) -> None:
            tenant.headers.append(dict(self.headers.items()))
            job_id = self.path.rpartition("/")[2].replace("-", "")
            running = {"status": "Processing", "errors": None, "result": None, "success": True}
            self._answer(tenant.answers.get(job_id, running))

        def log_message(self, *_: object) -> None: ...

        def _answer(self, body: Mapping[str, object]) -> None:
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        tenant.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield tenant
        finally:
            server.shutdown()
            thread.join()
