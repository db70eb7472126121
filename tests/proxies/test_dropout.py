"""Dropout by key: masks as torch's in distribution and form, each a function of its key alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import binomtest, chi2_contingency
from torch import Tensor, nn
from torch.nn import functional

from proxies import Engine, Replica, Task, train
from proxies.dropout import Dropping, dropout_key
from proxies.task_checks import _DESCENT, first_fault
from proxies.training.gradients import drops
from tests.support.tiny_task import TINY


def masks(share: float, keys: Iterable[Tensor], count: int) -> Tensor:
    """What is kept of `count` ones, a row for each key."""
    rows = []
    for key in keys:
        with Dropping(key):
            rows.append(functional.dropout(torch.ones(count), share) != 0)
    return torch.stack(rows)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_share_is_dropped_and_the_rest_scaled(share: float) -> None:
    """As the definition says, the mean stays; within the spread of independent draws."""
    count = 100_000
    with Dropping(dropout_key("task", 0, 1)):
        x = functional.dropout(torch.ones(count), share)
    assert binomtest(int((x == 0).sum()), count, share).pvalue > 1e-3
    torch.testing.assert_close(x[x != 0], torch.full_like(x[x != 0], 1 / (1 - share)))


def test_masks_of_neighbours_are_independent() -> None:
    """Of places, steps, seeds and calls that follow each other, by the test of independence."""
    kept = masks(0.5, [dropout_key("task", s, t) for s in (0, 1) for t in (1, 2)], 20_000)
    with Dropping(dropout_key("task", 0, 1)):
        first, second = (functional.dropout(torch.ones(20_000), 0.5) != 0 for _ in range(2))
    assert torch.equal(first, kept[0])
    pairs = [(kept[0], kept[1]), (kept[0], kept[2]), (first, second), (kept[0, 1:], kept[0, :-1])]
    for one, other in pairs:
        table = np.histogram2d(one.numpy(), other.numpy(), bins=2)[0]
        assert chi2_contingency(table).pvalue > 1e-3


def test_a_key_gives_one_mask() -> None:
    """Whatever torch drew before."""
    keys = [dropout_key("task", 3, 7)]
    first = masks(0.5, keys, 64)
    with torch.random.fork_rng(devices=[]):
        torch.rand(5)
        assert torch.equal(masks(0.5, keys, 64), first)


def test_evaluation_and_edges_are_torchs() -> None:
    """Nothing is dropped without a key, in evaluation, or of a share of 0; of a share of 1 all."""
    x = torch.arange(1.0, 7.0)
    with Dropping(None):
        assert functional.dropout(x, 0.5) is x
    with Dropping(dropout_key("a")):
        assert functional.dropout(x, 0.5, training=False) is x
        assert functional.dropout(x, 0.0) is x
        assert torch.equal(functional.dropout(x, 1.0), torch.zeros(6))


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Dropout1d(), (64, 3, 5)),
        (nn.Dropout1d(), (64, 5)),
        (nn.Dropout2d(), (64, 3, 4, 5)),
        (nn.Dropout3d(), (64, 3, 2, 2, 2)),
        (nn.Dropout3d(), (64, 2, 2, 2)),
    ],
    ids=str,
)
def test_whole_channels_are_dropped_as_torch_drops_them(
    layer: nn.Module, shape: tuple[int, ...]
) -> None:
    """Both leave some channels of this shape and drop others, and none in part."""
    x = torch.ones(shape)
    with Dropping(dropout_key("a")):
        ours = layer(x)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        theirs = layer(x)
    leading = len(shape) - int(type(layer).__name__[-2])
    for given in (ours, theirs):
        channels = (given != 0).flatten(leading).float().mean(-1)
        assert set(channels.unique().tolist()) == {0.0, 1.0}


def test_attention_drops_weights() -> None:
    """The mean over many keys is attention without dropout; masks of all forms are obeyed."""
    torch_draw = torch.Generator().manual_seed(0)
    query, key, value = torch.randn((3, 4, 5, 8), generator=torch_draw)
    bias = torch.randn((5, 5), generator=torch_draw)
    for options in ({}, {"is_causal": True}, {"attn_mask": bias > -0.5}, {"attn_mask": bias}):
        plain = functional.scaled_dot_product_attention(query, key, value, **options)
        total = torch.zeros_like(plain)
        for seed in range(400):
            with Dropping(dropout_key("a", seed)):
                total += functional.scaled_dot_product_attention(
                    query, key, value, dropout_p=0.2, **options
                )
        torch.testing.assert_close(total / 400, plain, rtol=0.1, atol=0.15)
        with Dropping(dropout_key("a")):
            none = functional.scaled_dot_product_attention(query, key, value, **options)
        assert torch.equal(none, plain)


def encoder() -> nn.Module:
    """Torch's own transformer layer, with dropout in its attention and elsewhere."""
    layer = nn.TransformerEncoderLayer(4, 2, 8, 0.2, batch_first=True)
    ended = (nn.Flatten(), nn.Linear(8, 1))
    return nn.Sequential(nn.Linear(3, 8), nn.Unflatten(1, (2, 4)), layer, *ended)


DROPPED = replace(
    TINY,
    name="dropped",
    model=lambda: nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.3), nn.Linear(8, 1)),
)
ENCODED = replace(TINY, name="encoded", model=encoder)
REPLICAS = [Replica(_DESCENT, 0.05, seed) for seed in (0, 1, 0, 2)]


@pytest.mark.parametrize("task", [DROPPED, ENCODED], ids=lambda task: task.name)
def test_a_model_with_dropout_trains_alike_in_any_company(task: Task) -> None:
    """To the last bit; and it is sound, and has a digest."""
    engine = Engine()
    assert first_fault(task) is None
    assert drops(task, engine)
    assert not drops(TINY, engine)
    assert task.digest() == replace(task, summary="the same").digest()
    together = train(task, REPLICAS, 4)
    assert [train(task, [one], 4)[0] for one in REPLICAS] == together.tolist()
    assert len(set(together.tolist())) == 3


def test_held_out_data_are_evaluated_without_dropout() -> None:
    """At a rate of zero the loss is that of the first weights, in torch's evaluation mode; a
    training with dropout ends elsewhere than one without.
    """
    plain = replace(DROPPED, model=lambda: DROPPED.model().eval())
    for rate, alike in ((0.0, True), (0.05, False)):
        replicas = [Replica(_DESCENT, rate, 0)]
        same = train(DROPPED, replicas, 2).tolist() == train(plain, replicas, 2).tolist()
        assert same is alike
