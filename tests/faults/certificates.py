"""Self-signed certificates of test servers, with their keys, which are of no other use; both are valid until 2126."""

from pathlib import Path

CERTIFICATE = Path(__file__).with_name("loopback.pem")
"""For 127.0.0.1."""

CERTIFICATE_BEHIND_PROXY = CERTIFICATE.with_name("zuora_invalid.pem")
"""For `rest.zuora.invalid`, a name that no machine can have."""
