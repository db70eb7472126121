"""Updates operation by operation: the rows of all rules that multiply next multiply in one call.

Where a model is small, a call takes as long as it takes to start it, whatever it computes; so it
does on a GPU. Rules are made of few operations, so the lines of many rules fall into far fewer
groups. A group's operands are gathered, and its results lie side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from primitives import Kind, Primitive, TorchSegments
from proxies.updates.arenas import Arenas, Rows, Ruled
from proxies.updates.bound_calls import Call, layout_numbers, primitive_call
from proxies.updates.grouping import Group, group
from proxies.updates.member import Member, kept


class OperationByOperation:
    """Implements `Update` in few calls, with all values of a step in memory."""

    weights: Tensor
    gradient: Tensor

    def __init__(
        self, members: Sequence[Member], segments: TorchSegments, dtype: torch.dtype, chunk: int
    ) -> None:
        self._segments, self._dtype, self._chunk = segments, dtype, chunk
        self._device = segments.sizes.device
        self._build(members)

    def step(self, t: int) -> None:
        directions = self.directions(t)
        self._moving.mul_(self._shrink[t - 1])
        self._moving.addcmul_(directions, self._rates[t - 1], value=-1)

    def directions(self, t: int) -> Tensor:
        """Takes the states through step `t`; gives `u`, `[R, width]`, valid until the next call."""
        self._numbers.copy_(self._table[t - 1])
        for call in self._calls:
            call()
        return self._directions

    def keep(self, rows: Sequence[int]) -> None:
        before, arenas, weights = self._values, self._arenas, self.weights
        own = kept(self._members, rows)
        left = [number for number, chosen in enumerate(own) if chosen]
        self._build([self._members[number].keep(own[number]) for number in left])
        self.weights[: len(rows)] = weights[list(rows)]
        for new, old in enumerate(left):
            for state in self._members[new].plan.states:
                source = arenas.of_slot(old, state.name)[own[old]]
                target = self._arenas.of_slot(new, state.name)
                self._values[state.kind][target] = before[state.kind][source]

    @property
    def buffers(self) -> float:
        row = self._segments.width * self._dtype.itemsize
        slots = self._arenas.slots[Kind.TENSOR]
        held = 2 * len(self.weights) + slots.stop - slots.start
        count: float = (self.bytes / row - held) / max(len(self._moving), 1)
        return count

    @property
    def bytes(self) -> int:
        every = (self._values, self._gathered, self._states)
        buffers = (buffer for buffers in every for buffer in buffers.values())
        return sum(buffer.nbytes for buffer in (self._directions, *buffers))

    def _build(self, members: Sequence[Member]) -> None:
        self._members = members
        count = sum(member.rows for member in members)
        padded = -(-count // self._chunk) * self._chunk
        rules = [Ruled(member) for member in members]
        groups = group([rule.lines for rule in rules])
        self._arenas = Arenas(rules, groups, padded)
        self._values = {k: self._zeros(k, size) for k, size in self._arenas.sizes.items()}
        tensors = self._values[Kind.TENSOR]
        self.weights, self.gradient = tensors[:padded], tensors[padded : 2 * padded]
        self._moving, self._directions = tensors[:count], self._zeros(Kind.TENSOR, count)
        for (op, kind), row in self._arenas.layout.items():
            self._values[kind][row] = layout_numbers(op, kind, self._segments)[0]
        self._tabulate()
        self._gathered: dict[Kind, Tensor] = {}
        self._largest = max(
            (sum(members[n].rows for n, _ in g.operands) for g in groups), default=0
        )
        self._calls: list[Call] = []
        for together in groups:
            self._add_calls(together)
        if rules:
            directions = [self._arenas.of(n, rule.direction) for n, rule in enumerate(rules)]
            self._add_gather(Kind.TENSOR, np.concatenate(directions), self._directions)
        self._states = {k: self._zeros(k, s.stop - s.start) for k, s in self._arenas.slots.items()}
        for kind, new in self._states.items():
            if len(new):
                self._add_gather(kind, self._arenas.written(kind), new)
                self._calls.append(partial(self._values[kind][self._arenas.slots[kind]].copy_, new))

    def _tabulate(self) -> None:
        """Makes the tables of foreknown numbers, learning rates and decay, a row for each step."""
        steps = max((len(member.rates) for member in self._members), default=0)
        pieces = [
            np.broadcast_to(numbers, (steps, len(rows))) for numbers, rows in self._arenas.foreknown
        ]
        table = np.hstack([np.zeros((steps, 0)), *pieces])
        rates = np.hstack([np.zeros((steps, 0)), *(m.rates for m in self._members)])
        shrink = [1 - member.rates * member.decay for member in self._members]
        self._table, self._rates, self._shrink = (
            torch.tensor(values, dtype=self._dtype, device=self._device)[..., None].unbind(0)
            for values in (table, rates, np.hstack([np.zeros((steps, 0)), *shrink]))
        )
        first = self._arenas.slots[Kind.SCALAR].stop
        self._numbers = self._values[Kind.SCALAR][first : first + table.shape[1]]

    def _add_calls(self, together: Group) -> None:
        """Adds the calls of a group: its operands are gathered, then all of it is computed."""
        of, lines, key = self._arenas.of, together.lines, together.key
        rows = [
            np.concatenate([of(number, line.operands[position]) for number, line in lines])
            for position in range(len(key.operands))
        ]
        operands: dict[int, Tensor] = {}
        for kind in dict.fromkeys(key.operands):
            own = {i: rows[i] for i, operand in enumerate(key.operands) if operand is kind}
            operands |= self._given(kind, own)
        results = np.concatenate([of(number, line.result) for number, line in lines])
        result = self._values[key.result][results[0] : results[-1] + 1]
        if isinstance(key.op, Primitive):
            given = [operands[position] for position in range(len(rows))]
            call = primitive_call(key.op, key.guarded, given, result, self._segments)
        else:
            call = self._segments.spread(operands[0], key.operands[0], key.result, result)
        self._calls.append(call)

    def _given(self, kind: Kind, operands: Mapping[int, Rows]) -> dict[int, Tensor]:
        """Gives the operands of one kind by position, from the rows in which they lie.

        Where these are neighbours they are taken as they are; the others are gathered in one call.
        """
        values = self._values[kind]
        given = {
            i: values[rows[0] : rows[-1] + 1]
            for i, rows in operands.items()
            if np.all(np.diff(rows) == 1)
        }
        apart = {i: rows for i, rows in operands.items() if i not in given}
        if apart:
            rows = np.concatenate([*apart.values()])
            if kind not in self._gathered:
                self._gathered[kind] = self._zeros(kind, self._largest)
            buffer = self._gathered[kind][: len(rows)]
            self._add_gather(kind, rows, buffer)
            given |= zip(apart, torch.split(buffer, len(rows) // len(apart)), strict=True)
        return given

    def _add_gather(self, kind: Kind, rows: Rows, buffer: Tensor) -> None:
        where = torch.from_numpy(rows).to(self._device)
        self._calls.append(partial(torch.index_select, self._values[kind], 0, where, out=buffer))

    def _zeros(self, kind: Kind, rows: int) -> Tensor:
        return self._segments.zeros(rows, kind, self._dtype)
