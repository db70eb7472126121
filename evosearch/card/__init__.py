"""What the user of an optimizer wants to know before trusting it with a training."""
