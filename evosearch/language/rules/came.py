def came(g, row, column, m, row_doubt, column_doubt, *, beta1=0.9, beta2=0.999, beta3=0.9999):
    """CAME (Luo et al., arXiv 2307.02047): Adafactor with momentum, and less of it where in doubt.

    The doubt is the square of what the update differs from its average by, kept by row and column
    as the squares of the gradient are. Vectors, which are a single column, go without. The paper's
    epsilons, 1e-30 and 1e-16, keep it from dividing by zero, which gives 0 here.
    """
    row = lerp(row_mean(square(g)), row, beta2)
    column = lerp(column_mean(square(g)), column, beta2)
    u = g / sqrt(row * column / mean(row))
    u = u / max(1, rms(u))
    m = lerp(u, m, beta1)
    doubt = square(u - m)
    row_doubt = lerp(row_mean(doubt), row_doubt, beta3)
    column_doubt = lerp(column_mean(doubt), column_doubt, beta3)
    sure = m / sqrt(row_doubt * column_doubt / mean(row_doubt))
    return where(columns() > 1, sure, m), row, column, m, row_doubt, column_doubt
