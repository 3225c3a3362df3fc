"""The corpus and the material that a suite means, and every piece of its run, named by all that can change it.

No speech is corrupted, encoded or judged here: that is the work of ``bench.stages``.
"""
