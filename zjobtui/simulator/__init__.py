"""A fake Zuora on loopback. It imports nothing else of the package and speaks only HTTP."""
