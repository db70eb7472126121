"""Programs in which it matters when a state is read and when it is overwritten."""

from collections.abc import Mapping

from evosearch import Program, parse

_TEXTS = {
    "direction is an old state": "def f(g, m):\n    return m, g",
    "direction is a new state": "def f(g, m):\n    m = 0.9 * m + g\n    return m, m",
    "direction is an old state that its new value reads": "def f(g, m):\n    return m, tanh(m + g)",
    "direction is an input": "def f(g):\n    return g",
    "direction is the weights": "def f(w):\n    return w",
    "direction is a number": "def f():\n    return -0.5",
    "direction is the learning rate": "def f(lr):\n    return 0.5 * lr",
    "direction is one number per tensor": "def f(g):\n    return mean(g)",
    "old and new state": "def f(g, m):\n    n = 0.9 * m + g\n    return n - 0.5 * m, n",
    "read after it was overwritten": """
def f(g, m):
    m = m + g
    u = tanh(m * g)
    m = 0.5 * m
    return u + m, m
""",
    "two states swap": "def f(g, a, b):\n    return a - b, b + g, a - g",
    "two states swap, one untouched": "def f(g, a, b):\n    return a + g, b, a + g",
    "three states rotate": "def f(g, a, b, c):\n    return a + g, b, c, a + g",
    "state holds the gradient": "def f(g, m):\n    return g - m, g",
    "state holds the weights": "def f(w, g, m):\n    return g + (w - m), w",
    "state holds a number": "def f(g, m):\n    return g * m, 0.5",
    "state holds a hyperparameter": "def f(g, m, *, h=0.3):\n    return g + m, h",
    "state holds the step": "def f(g, s, t):\n    return g * s, t",
    "state holds another's old value": "def f(g, a, b):\n    return g - b, g, a",
    "states of all kinds": """
def f(g, s, l, m):
    s = 0.5 * s + 1
    l = 0.5 * l + rms(g)
    m = 0.5 * m + g
    return m / (l + s), s, l, m
""",
    "state of one number per tensor in the shape of a tensor": """
def f(g, m):
    u = g + m * tanh(mean(g) + 0.5 * mean(m))
    return u, (mean(g) + 0.5 * mean(m)) + (g - g)
""",
    "state of one number in the shape of a tensor": """
def f(g, m, t):
    return g + m, 1 / t + (g - g)
""",
    "new state depends on the step alone": """
def f(g, s, t):
    x = 2 / t
    return g * s * x, x
""",
    "new state of one number read by all": """
def f(g, s, t, *, h=0.5):
    u = g * s
    s = sqrt(max(t * h, 2) ** 0.5)
    u = u + where(s > 1.5, g, 2 * g) / s + max(s, g) + lerp(1, g, s) + h ** s
    return 0.1 * u + tanh((s * g) ** (s - 4)), s
""",
    "new state of one number is the base of a power": """
def f(g, s, t):
    x = tanh(g * s) + g
    s = 2 / t
    return x / (1 + x * x) * s ** (t - 3), s
""",
    "choice between numbers": "def f(g, m):\n    return g * where(g > m, 0.3, 0.9), m * 0.9 + g",
    "choice between a number and a tensor": """
def f(g, m, t):
    return where(g > m, 0.3, g) + where(m, m, 0.7) * where(t > 5, 0.1, g), m * 0.9 + g
""",
    "state with a late new value read twice": """
def f(g, a, b):
    x = tanh(b - g)
    y = a * b + x
    return y + x, x, y
""",
    "choice by the step": """
def f(g, m, t):
    x = where(t > 2, m, g)
    return x + 0.5 * g, 0.5 * m + g
""",
    "choice by the step is the direction": """
def f(w, g, m, t):
    return where(t > 3, m, where(t > 1, w, g)), 0.5 * m + g
""",
    "choice between kinds by the step": """
def f(g, m, t):
    x = where(t > 2, rms(m), g)
    return g + sum(x), 0.5 * m + g
""",
    "decay towards a number": "def f(g, m):\n    return g + m, lerp(0.5, m, 0.9) * tanh(g)",
    "state decays towards a number": "def f(g, m):\n    return g * m, lerp(0.5, m, 0.9)",
    "state in the shape of a tensor decays towards a number": """
def f(g, m):
    return g * m, lerp(0.5, m, 0.9) + (g - g)
""",
    "number decays towards a state": "def f(g, m):\n    return g * m + g, lerp(m, 0.5, 0.9)",
    "state is scaled by itself": "def f(g, m):\n    return g + m, m * tanh(m + g) * 0.5 + g",
    "states change in place": """
def f(g, a, b, c, d):
    return g + a - b + c * d, a + g, g - b, tanh(c) * 0.9 + d, lerp(d, g, 0.1)
""",
    "names that the listing wants": """
def f(g, update, x1, direction, new_x1, *, x2=0.5):
    a = tanh(g * x2)
    b = a * (a + update)
    u = b + update * x1 + direction * new_x1
    return tanh(u), 0.1 * x1 + b, g - tanh(update * x1), 0.5 * direction + a, new_x1 / 2 + g
""",
    "long expression": """
def f(w, g, lr, t):
    u = ((g + 1) * (w - 2) / (g * g + 3) - tanh(w * g + t) + exp(lr - w * w)) / (4 + g * g)
    return u + tanh((g - 2 * w) * (g + 3 * w))
""",
}

TRICKY: Mapping[str, Program] = {name: parse(text, name) for name, text in _TEXTS.items()}
"""By what is tricky about it."""
