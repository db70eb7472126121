"""The gated cell against torch's own."""

import torch
from torch import nn

from proxies.tasks.byte_gru import GatedCell


def test_gated_cell_is_torchs_with_normalised_products() -> None:
    """With the same weights, and but for the normalisation, it gives what torch.nn.GRUCell does."""
    cell, theirs = GatedCell(5, 7), nn.GRUCell(5, 7)
    inputs, state = torch.ones(3, 5), torch.linspace(-1, 1, 21).view(3, 7)
    for product in (cell.of_input(inputs), cell.of_state(state)):
        variance, mean = torch.var_mean(product, dim=-1, correction=0)
        torch.testing.assert_close(mean, torch.zeros(3))
        torch.testing.assert_close(variance, torch.ones(3), rtol=1e-3, atol=0)
    with torch.no_grad():
        for part, weight, bias in (
            (cell.of_input, theirs.weight_ih, theirs.bias_ih),
            (cell.of_state, theirs.weight_hh, theirs.bias_hh),
        ):
            part[0].weight.copy_(weight)
            part[0].bias.copy_(bias)
            part[1] = nn.Identity()
        torch.testing.assert_close(cell(cell.of_input(inputs), state), theirs(inputs, state))
