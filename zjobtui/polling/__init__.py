"""Decides when each job is polled, polls it, and owns the watchlist; has no HTTP client, no database and no screen.

What it needs of those is in `protocols.py`; it reads the HTTP status of a failed call, and from /proc which process
holds a lease. ARCHITECTURE.md explains the schedule.
"""
