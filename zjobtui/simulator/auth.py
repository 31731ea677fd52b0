"""Signing in with client credentials: who may, and until when; knows no HTTP."""

from dataclasses import dataclass, field

from zjobtui.simulator import rng

LIFETIME = 3_599.0
"""Seconds that a token lives."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The one client that the simulated tenant knows."""

    client_id: str
    client_secret: str = field(repr=False)

    @classmethod
    def of(cls, seed: int) -> "Credentials":
        """Made from the seed: an id in the shape of a UUID and a secret of 40 characters."""
        return cls(rng.uuid(seed, "client"), rng.long_id(seed, "secret") + rng.long_id(seed, "more")[4:12])


class Tokens:
    """The tokens given out, each until its lifetime in seconds is over."""

    def __init__(self, seed: int, lifetime: float = LIFETIME) -> None:
        self._seed = seed
        self._lifetime = lifetime
        self._given = 0
        self._ends: dict[str, float] = {}

    def give(self, now: float) -> dict[str, object]:
        """A new token, as the JSON of the answer to a sign-in."""
        self._given += 1
        token = rng.job_id(self._seed, "token", self._given)
        self._ends = {given: end for given, end in self._ends.items() if end > now} | {token: now + self._lifetime}
        return {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": int(self._lifetime),
            "scope": "user.zuora",
            "jti": token,
        }

    def accepts(self, token: str, now: float) -> bool:
        """Whether the token was given out here and still lives."""
        return self._ends.get(token, now) > now
