"""Chooses how a cohort's weights are moved: rule by rule, or operation by operation."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from primitives import TorchSegments
from proxies.updates.member import Member, Update
from proxies.updates.op_by_op import OperationByOperation
from proxies.updates.rule_by_rule import RuleByRule


def update_of(
    members: Sequence[Member], segments: TorchSegments, dtype: torch.dtype, chunk: int
) -> Update:
    """Makes the updater of these members' weights, with rows filled up to a multiple of `chunk`.

    Which of the two it is depends on the model and the device alone, for they may round otherwise.
    """
    way = OperationByOperation if segments.calls_dominate else RuleByRule
    return way(members, segments, dtype, chunk)
