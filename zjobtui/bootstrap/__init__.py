"""Puts the parts together: configuration, engine over the store, health check, and the monitor over all of it."""
