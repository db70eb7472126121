"""Writes a graph as a `torch.optim.Optimizer` in one file."""
