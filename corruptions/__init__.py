"""What is done to audio: noise, rooms and channels, at levels that are known exactly."""
