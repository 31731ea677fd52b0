"""Puts parts together: what is configured, the engine over the store, and the monitor over both."""
