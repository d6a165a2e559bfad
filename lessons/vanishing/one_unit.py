"""Scripts for one unit: forward, factors, their product, and the descent on the cliff. All are scalars."""

START = 'np.seterr(divide="ignore")  # the logarithm of a factor of 0 is -inf'

HIDDEN = """
# a(t) = u x(t) + w h(t-1) + b,   h(t) = f(a(t)),   h(0) = 0
a, h = np.zeros(T), np.zeros(T)
for t in range(T):
    a[t] = u * x[t] + b + w * (h[t - 1] if t > 0 else 0.0)
    h[t] = f(a[t])

# factor(t) = dh(t)/dh(t-1) = f'(a(t)) w
factor = w * np.array([slope(value) for value in a])
"""

CELL = """
# c(t) = {drive}w f(c(t-1)) + b,   c(0) = 0
c = np.zeros(T)
for t in range(T):
    c[t] = {drive_code}b + w * f(c[t - 1] if t > 0 else 0.0)

# factor(t) = dc(t)/dc(t-1) = w f'(c(t-1))
factor = w * np.array([slope(value) for value in [0.0, *c[:-1]]])
"""

END = """
# d{s}(T)/d{s}(t) is the product of the factors from step t+1 to T; its logarithm never underflows.
log10_product = np.zeros(T)
for t in reversed(range(T - 1)):
    log10_product[t] = log10_product[t + 1] + np.log10(abs(factor[t + 1]))

# No factor is larger than {steepest} |w|, with the steepest slope of f; a linear unit has |w| in all of them.
steps_back = np.arange(T)[::-1]
bound = steps_back * np.log10({steepest} * abs(w))
prediction = steps_back * np.log10(abs(w))
bound[-1] = prediction[-1] = 0  # also where w is 0

# Omega's ratio(t) = |dF/dc(t+1) dc(t+1)/dc(t)| / |dF/dc(t+1)| = |w f'(c(t))|, c(t) what f is applied to, for a loss F
# that is the last output. There is no ratio where nothing is left of dF/dc.
ratio, left = np.full(T, np.nan), slope({a}[-1]) > 0
for t in reversed(range(T - 1)):
    if left:
        ratio[t] = abs(w * slope({a}[t]))
        left = ratio[t] > 0
"""

DESCENT = """
# F = (h(T) - 0.7)^2 of the unit c(t) = w h(t-1) + b, h(t) = f(c(t)), h(0) = 0.5, and its gradient:
# dF/dc(T) = 2 (h(T) - 0.7) h'(T),   dF/dc(t-1) = h'(t-1) w dF/dc(t),   h' = h (1 - h)
# dF/dw = sum of h(t-1) dF/dc(t),   dF/db = sum of dF/dc(t)
def gradient(w, b):
    h = [0.5]
    for t in range(1, T + 1):
        h.append(f(w * h[t - 1] + b))
    dF_dh, dF_dw, dF_db = 2 * (h[T] - 0.7), 0.0, 0.0
    for t in range(T, 0, -1):
        dF_dc = dF_dh * h[t] * (1 - h[t])
        dF_dw += dF_dc * h[t - 1]
        dF_db += dF_dc
        dF_dh = w * dF_dc
    return dF_dw, dF_db

# Descent; a gradient longer than the threshold is shortened to it. Below is the unit at the place it has reached.
for update in range(n_updates):
    dF_dw, dF_db = gradient(w, b)
    length = np.hypot(dF_dw, dF_db)
    step = learning_rate * (threshold / length if length > threshold else 1.0)
    w, b = w - step * dF_dw, b - step * dF_db
"""


def run(form: str, *, driven: bool) -> str:
    """Source of the forward pass and the factors; driven: whether there is an input."""
    if form == "hidden":
        return HIDDEN
    return CELL.format(drive="u x(t) + " if driven else "", drive_code="u * x[t] + " if driven else "")


def end(form: str, steepest: float) -> str:
    """Source of what follows from the factors. steepest: the largest slope of the activation."""
    state, a = ("h", "a") if form == "hidden" else ("c", "c")
    return END.format(s=state, a=a, steepest=f"{steepest:g}")
