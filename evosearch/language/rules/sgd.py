def sgd(g):
    """Stochastic gradient descent (Robbins and Monro, 1951)."""
    return g
