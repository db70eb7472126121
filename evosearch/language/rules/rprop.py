def rprop(g, last, size, t, *, shrink=0.5, grow=1.2, most=50):
    """Rprop (Riedmiller and Braun, 1993): steps that grow while a gradient keeps its sign.

    Where it changes, the step shrinks and the weight rests. Steps are multiples of the learning
    rate, 1 at first and at most `most`; there is no least one. In `torch.optim` they are lengths,
    and schedules do not reach them.
    """
    agreement = g * last
    factor = where(agreement > 0, grow, where(0 > agreement, shrink, 1))
    size = min(where(t > 1, size, 1) * factor, most)
    g = where(0 > agreement, 0, g)
    return sign(g) * size, g, size
