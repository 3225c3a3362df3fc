"""From a suite to every piece of a run, each named by everything that can change it.

Nothing is computed here that a run is made of: that is the work of ``bench.stages``.
"""
