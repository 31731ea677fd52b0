"""Decides when each job is polled, polls it, and owns the watchlist; knows neither HTTP nor disk nor screen.

What it needs of those is in `protocols.py`. ARCHITECTURE.md explains the schedule.
"""
