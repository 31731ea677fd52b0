"""Decides when to ask about which job, and asks; knows neither HTTP nor disk nor screen."""
