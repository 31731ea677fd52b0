"""What the name of a field says about its value: a secret, a job id, or the id of something else."""

from enum import Enum, auto

from zjobtui.domain.late_pattern import late_pattern

_SECRET = late_pattern(
    r"(?:token|secret|password|passphrase|authorization|clientid|apikey|accesskey(?:id)?|privatekey|sessionid"
    r"|(?<![a-z])(?:jti|zsession|bearer|cookie|setcookie))s?"
)
_JOB = ("jobid", "jobids")
_OTHER_IDS = (
    *("request", "process", "track", "trace", "correlation", "span", "order", "account", "subscription", "invoice"),
    *("payment", "creditmemo", "debitmemo", "refund", "tenant", "user", "entity", "org", "organization", "product"),
    *("rateplan", "charge", "contact", "usage", "billrun", "amendment", "event", "message", "object", "parent"),
    "customer",
)
_OTHER = (
    *(f"{name}id{plural}" for name in _OTHER_IDS for plural in ("", "s")),
    *("traceparent", "idempotencykey", "accountkey", "subscriptionkey", "etag", "md5", "sha1", "sha256"),
)
_OTHER_WORDS = frozenset({"sha", "commit", "checksum", "digest", "uid"})


class NameKind(Enum):
    """What the value of a field is."""

    SECRET = auto()
    JOB = auto()
    OTHER = auto()


def kind_of_name(name: str) -> NameKind | None:
    """Classify a field name in lower case, however its words are joined: `job_id`, `x-request-id`, `client id`."""
    joined = name.translate(_JOINTS)
    if joined.endswith(_JOB):
        return NameKind.JOB
    if joined.endswith(_OTHER) or joined in _OTHER_WORDS:
        return NameKind.OTHER
    secret = _SECRET.search(joined, max(0, len(joined) - 20))
    return NameKind.SECRET if secret is not None and secret.end() == len(joined) else None


_JOINTS = str.maketrans("", "", " _-.")
