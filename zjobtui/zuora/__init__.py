"""Speaks HTTP to Zuora and turns whatever comes back into observations."""
