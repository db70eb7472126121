"""The Hessian of the quadratic."""

import torch
from torch import Tensor
from torch.func import functional_call

from proxies import TASKS


def test_the_quadratic_is_ill_conditioned_and_turned() -> None:
    """The Hessian's eigenvalues are 1/i² and its eigenvectors no coordinates."""
    task = TASKS["quadratic"]
    noiseless, targets = map(torch.from_numpy, task.data().held_out())
    model = task.model().double()

    def loss(column: Tensor) -> Tensor:
        weight = torch.zeros_like(model.weight).index_copy(1, torch.tensor([0]), column[:, None])
        return task.loss(functional_call(model, {"weight": weight}, (noiseless,)), targets)

    hessian = torch.autograd.functional.hessian(loss, torch.zeros(64, dtype=torch.float64))
    columns = model.weight.shape[1]
    eigenvalues = columns * torch.linalg.eigvalsh(hessian).flip(0)
    expected = torch.arange(1, 65, dtype=torch.float64) ** -2
    torch.testing.assert_close(eigenvalues, expected, rtol=1e-3, atol=1e-7)
    assert hessian.diagonal().abs().max() < 0.5 * torch.linalg.matrix_norm(hessian, 2)
