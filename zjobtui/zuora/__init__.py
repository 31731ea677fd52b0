"""HTTP to Zuora: requests, tokens and the parsing of responses into observations.

- The client follows no redirects, keeps no cookies and reads nothing from the environment: `proxy.py` reads proxy and
  certificates once, as curl does. Certificates are always checked with the system's trust store; loopback never goes
  through a proxy.
- A response that ends in the middle of its body is a failure of the connection (`UNREACHABLE`) and is tried again as
  soon; only a complete body that is not what Zuora sends is `UNREADABLE`.
- A failed token request fails the calls that need it (`auth.py`), with its status and `Retry-After` but not its quotas.
  A refusal is the tenant's (`SIGNED_OUT`) and stands until the user acts; a page, or a response without a reason to 400
  or 404, is a gateway's and temporary. While a token is renewed the other calls use the old one.
- A connection is closed if something came on it unasked, or if a request on it timed out. A token request has a
  connection of its own.
- What was read from a short body is remembered (`parser.py`): all running jobs send the same.
"""
