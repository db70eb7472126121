def adafactor(w, g, row, column, lr, t, *, decay=0.8, eps=1.1920929e-07, least=1e-3, most=1):
    """Adafactor (Shazeer and Stern, arXiv 1804.04235): RMSProp, its squares kept by row and column.

    An average square is the product of those of its row and its column, over that of all; of a
    vector it is RMSProp's. The averages grow longer, the update has a root mean square of at most
    `most` and goes with the size of the weights. As in `torch.optim`, the epsilon is a floor, and
    the rate is at most 1 / sqrt(t).
    """
    row = lerp(row, row_mean(square(g)), 1 / t**decay)
    column = lerp(column, column_mean(square(g)), 1 / t**decay)
    v = row * column / max(mean(row), eps)
    u = g / max(sqrt(v), eps)
    u = u / max(1, rms(u) / most)
    return u * max(least, rms(w)) * min(1, 1 / (lr * sqrt(t))), row, column
