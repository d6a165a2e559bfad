"""Slow, literal references for reservoirs, in the manner of naive.py: plain lists, nothing imported from the engine."""


def row_times(row, vector):
    total = 0
    for j in range(len(vector)):
        total = total + row[j] * vector[j]
    return total


def reservoir_step(x_t, y_before, states, weights, leak, f):
    """h(t) from the list of all states so far; weights: dictionary with W_in, W and maybe W_fb, W_late and delay."""
    h = []
    for i in range(len(weights["W"])):
        a = row_times(weights["W_in"][i], [1, *x_t]) + row_times(weights["W"][i], states[-1])
        if "W_late" in weights:
            a = a + row_times(weights["W_late"][i], states[-weights["delay"]])
        if "W_fb" in weights:
            a = a + row_times(weights["W_fb"][i], y_before)
        h.append((1 - leak) * states[-1][i] + leak * f(a))
    return h


def reservoir_states(x, weights, leak, f, before, teacher=None, y0=None):
    """States of all steps; before: the states before step 1, oldest first; teacher: d(t), which enters a step later."""
    states = list(before)
    for t in range(len(x)):
        y_before = None if teacher is None else (teacher[t - 1] if t > 0 else y0)
        states.append(reservoir_step(x[t], y_before, states, weights, leak, f))
    return states[len(before) :]


def free_reservoir(x, weights, V, leak, f, before, y0):
    """y(t) = V [1; h(t); x(t)] enters at the next step, through W_fb, or as its input where there is none."""
    states, outputs, y = list(before), [], y0
    for t in range(len(x)):
        x_t = x[t] if "W_fb" in weights else y
        states.append(reservoir_step(x_t, y, states, weights, leak, f))
        y = [row_times(row, [1, *states[-1], *x_t]) for row in V]
        outputs.append(y)
    return states[len(before) :], outputs
