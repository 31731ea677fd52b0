"""Client credentials and tokens."""

from dataclasses import dataclass, field

from zjobtui.simulator import rng

LIFETIME = 3_599.0
"""Seconds that a token is valid."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The only OAuth client of the simulated tenant."""

    client_id: str
    client_secret: str = field(repr=False)

    @classmethod
    def of(cls, seed: int) -> "Credentials":
        """Return the credentials for a seed: an id in the format of a UUID and a secret of 40 characters."""
        return cls(rng.uuid(seed, "client"), rng.long_id(seed, "secret") + rng.long_id(seed, "more")[4:12])


class Tokens:
    """The issued tokens, each until its lifetime in seconds is over."""

    def __init__(self, seed: int, lifetime: float = LIFETIME) -> None:
        self._seed = seed
        self._lifetime = lifetime
        self._issued = 0
        self._ends: dict[str, float] = {}

    def issue(self, now: float) -> dict[str, object]:
        """Issue a token; return the JSON of the response to a sign-in."""
        self._issued += 1
        token = rng.job_id(self._seed, "token", self._issued)
        self._ends = {old: end for old, end in self._ends.items() if end > now} | {token: now + self._lifetime}
        return {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": int(self._lifetime),
            "scope": "user.zuora",
            "jti": token,
        }

    def accepts(self, token: str, now: float) -> bool:
        """Return whether the token was issued here and is still valid."""
        return self._ends.get(token, now) > now
