"""A Zuora that runs on loopback; knows nothing of the rest of the package and speaks only HTTP."""
