"""Systems of another make: a corpus under noise written to disk, and the predictions that come back.

What a run of a suite does itself is in ``bench.stages``.
"""
