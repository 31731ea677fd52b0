"""An HTTP client for the tests of the simulator, independent of the client of the package."""

import ssl
from typing import Self

import httpx

from zjobtui.simulator.server import Simulator

_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Caller:
    def __init__(self, server: Simulator, version: str) -> None:
        self.server = server
        headers = {"Zuora-Version": version} if version else {}
        # One context for all: loading the system's certificates takes longer than a whole test.
        self.http = httpx.Client(base_url=server.base_url, headers=headers, verify=_TLS, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def sign_in(self, secret: str | None = None) -> httpx.Response:
        form = {
            "client_id": self.server.client_id,
            "client_secret": self.server.client_secret if secret is None else secret,
            "grant_type": "client_credentials",
        }
        response = self.http.post("/oauth/token", data=form)
        if response.status_code == httpx.codes.OK:
            self.http.headers["Authorization"] = f"Bearer {response.json()['access_token']}"
        return response

    def signed_in(self) -> Self:
        assert self.sign_in().status_code == httpx.codes.OK
        return self

    def job(self, job_id: str, **headers: str) -> httpx.Response:
        return self.http.get(f"/v1/async-jobs/{job_id}", headers=headers)
