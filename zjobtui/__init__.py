"""A terminal monitor for the asynchronous order jobs of Zuora."""

__version__ = "0.1.0"
