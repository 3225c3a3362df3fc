"""Speech encoders, waveforms to frames, and published regressors.

How weights are found and read is in ``models.weights``; nothing is trained here.
"""
