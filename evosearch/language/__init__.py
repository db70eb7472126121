"""Text to and from `Program`, and the known rules."""
