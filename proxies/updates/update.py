"""How a cohort's weights are moved: rule by rule, or operation by operation."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from primitives import TorchSegments
from proxies.updates.member import Member, Update
from proxies.updates.op_by_op import OperationByOperation
from proxies.updates.rule_by_rule import RuleByRule

SMALL = 512
"""Numbers of a replica, up to which a call takes longer to start than to compute. By measurement,
on a processor: for 32 rules of 8 replicas each, operation by operation takes 0.6 of the time of
rule by rule at 144 numbers, as long at 528, 1.4 times as long at 2,416."""


def update_of(
    members: Sequence[Member], segments: TorchSegments, dtype: torch.dtype, chunk: int
) -> Update:
    """What moves the weights of these members; rows are filled up to a multiple of `chunk`.

    It depends on the model and the device alone, for the two may round otherwise.
    """
    if segments.width <= SMALL or not segments.sizes.is_cpu:
        return OperationByOperation(members, segments, dtype, chunk)
    return RuleByRule(members, segments, dtype, chunk)
