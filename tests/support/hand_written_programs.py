"""Programs with slots of every kind, every input, guards, and reductions of every kind."""

from evosearch import parse

HAND_WRITTEN = {
    program.name: program
    for program in map(
        parse,
        (
            """
def scalar_slot(g, lr, s, t):
    s = s + lr * t
    return g * s, s
""",
            """
def scalar_and_leaf_slots(g, lr, t, s, l, m):
    s = lerp(s, lr, 0.3)
    l = lerp(l, norm(g), s)
    m = lerp(m, g, 0.1)
    return m / (l + s) + sign(g) * s ** 0.5, s, l, m
""",
            """
def slots_wider_than_what_is_written(g, l, m, lr):
    u = g * l + m
    l = lr * 2
    m = rms(g)
    return u, l, m
""",
            """
def weights_of_the_step_before(w, g, last):
    moved = w - last
    return g + 0.5 * moved, w
""",
            """
def gradient_of_the_step_before(g, last, older):
    return g + 0.5 * last + 0.25 * older, g, last
""",
            """
def slots_that_change_places(g, a, b):
    a = a + g
    return a + 0.5 * b, b, a
""",
            """
def guarded(w, g, m):
    a = g / m
    m = lerp(m, g, 0.5)
    b = m / max(g, 0)
    c = reciprocal(min(g, 0)) + log(g) + sqrt(g) + g ** 1.5 + g ** -0.7
    return tanh(a) + tanh(b) + tanh(c) + cosine_sim(w, max(g, 0)), m
""",
            """
def schedule_of_its_own(g, lr, t, m):
    beta = 1 - 1 / (t + 1)
    m = lerp(g, m, beta)
    warm = min(1, t / 5) * exp(-lr)
    return where(t > 3, m, g) * warm * lr, m
""",
            """
def trust_ratio(w, g, lr):
    ratio = norm(w) / norm(g)
    return g * ratio + mean(w * g) * w + lr * dot(w, g)
""",
            """
def reductions_of_smaller_kinds(g, lr, t, l):
    l = l + mean(g)
    return g * sum(l) + rms(lr) + norm(t) * g + dot(l, g), l
""",
            """
def scalar_direction(g, lr, t, s):
    s = s + t
    return s * lr, s
""",
            """
def leaf_direction(g):
    return mean(g) - 2 * rms(g)
""",
        ),
    )
}
