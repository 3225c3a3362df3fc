"""Text encoders: transcripts to frames, one for each token.

What writes a transcript down is in ``models.asr``.
"""
