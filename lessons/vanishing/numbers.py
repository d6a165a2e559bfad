"""The equations with the numbers of the present step put in, by topic."""

from app.parts.numbers import Block
from lessons.vanishing.cliff_numbers import descent_block, rescale_block
from lessons.vanishing.model import Vanishing
from lessons.vanishing.product_numbers import matrix_block, omega_block, product_block
from lessons.vanishing.run_numbers import distance_block, map_block, side_block
from lessons.vanishing.step_numbers import step_block


def blocks(m: Vanishing, t: int) -> list[Block]:
    if m.topic == "chaos":
        return [map_block(m, t, 0), map_block(m, t, 1), distance_block(m, t)]
    if m.topic == "side by side":
        return [side_block(m, t)]
    shown = [step_block(m, t), product_block(m, t), omega_block(m, t)]
    if m.topic == "exploding":
        return [rescale_block(m)] if m.remedy == "rescaling" else [descent_block(m), *shown]
    return shown if m.n_units == 1 else [shown[0], shown[1], matrix_block(m), shown[2]]
