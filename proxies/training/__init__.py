"""Batches, gradients and the batched trainer."""
