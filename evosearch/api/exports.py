"""Writes programs in the forms that others read: source code, mathematics, pictures."""

from __future__ import annotations

from torch.optim import Optimizer

from evosearch.api.given import GivenRule, referred
from evosearch.export.drawing.canvas import DrawingForm
from evosearch.export.formats import (
    drawing_of,
    latex_source,
    markdown_source,
    name_of,
    source_of,
)
from evosearch.export.pytorch.loading import class_in


def to_source(program: GivenRule, name: str | None = None) -> str:
    """Gives the text of a file that holds a program's optimizer and imports only torch.

    A program may be given as a text: a known rule's name, FILE, FILE:NAME, `RUN#ID` or `RUN#best`.
    For a program of a run, the learning rate that the run found best is the default, and the
    file's header tells what was measured. `name` is the class's, by default made from the
    program's.

    >>> "class Lion(Optimizer):" in to_source("lion").splitlines()
    True

    Raises:
        EvosearchError: there is no such program, or no class may have that name.
    """
    return source_of(referred(program), name)


def optimizer(program: GivenRule, name: str | None = None) -> type[Optimizer]:
    """Gives the class that is in the file of `to_source`, without writing the file.

    Its instances can be copied and pickled, and unpickled wherever evosearch is installed.

    >>> import torch
    >>> weight = torch.ones(2, requires_grad=True)
    >>> lion = optimizer("lion")([weight], lr=0.5, weight_decay=0.0)
    >>> weight.sum().backward()
    >>> lion.step()
    >>> weight
    tensor([0.5000, 0.5000], requires_grad=True)

    Raises:
        EvosearchError: there is no such program, or no class may have that name.
    """
    reference = referred(program)
    return class_in(source_of(reference, name), name_of(reference, name))


def latex(program: GivenRule) -> str:
    r"""Writes a program's equations as an `aligned` environment: the states, direction, weights.

    It stands between `$$` or in an `equation`; a program may be given as a text, as for
    `to_source`.

    >>> print(latex("lion"))
    \begin{aligned}
      m_t &= \beta_2 m_{t-1} + (1 - \beta_2) g_t \\
      u_t &= \operatorname{sign}(\beta_1 m_{t-1} + (1 - \beta_1) g_t) \\
      \theta_t &= (1 - \eta_t \lambda) \theta_{t-1} - \eta_t u_t
    \end{aligned}

    Raises:
        EvosearchError: there is no such program.
    """
    return latex_source(referred(program))


def markdown(program: GivenRule, name: str | None = None) -> str:
    """Writes a program as a page of Markdown: its symbols, their defaults, its equations.

    `name` is the page's title, by default the program's.

    >>> markdown("lion").splitlines()[0]
    '# lion'

    Raises:
        EvosearchError: there is no such program.
    """
    return markdown_source(referred(program), name)


def drawing(program: GivenRule, form: DrawingForm = "svg") -> bytes:
    """Draws the data flow of a program, as the content of an SVG or PNG file.

    Equal programs give equal bytes, with the same version of matplotlib.

    >>> drawing("lion", "png")[1:4]
    b'PNG'

    Raises:
        EvosearchError: there is no such program.
    """
    return drawing_of(referred(program), form)
