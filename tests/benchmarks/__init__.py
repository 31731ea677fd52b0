"""Benchmarks; the programs that they start get default signals."""

from tests.support.process import stop_inheriting_ignored_signals

stop_inheriting_ignored_signals()
