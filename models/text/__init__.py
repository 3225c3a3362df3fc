"""Text encoders: transcripts to frames, one for each token."""
