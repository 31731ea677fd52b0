"""A Zuora that runs on loopback; it knows nothing of the rest of the package and speaks only HTTP."""
