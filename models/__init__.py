"""What is computed from audio and text: representations, heads, fusion and students."""
