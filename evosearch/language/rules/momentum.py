def momentum(g, m, *, mu=0.9):
    """Heavy-ball momentum (Polyak, 1964), the gradients summed, not averaged."""
    m = mu * m + g
    return m, m
