"""Matrices as colours: what is sent, where it lies, and what the colours mean in both themes."""

import numpy as np

from app.parts.colours import HEAT, HEATS, PALETTE
from app.parts.heatmap import Heatmap
from app.parts.picture import Picture


def heatmap() -> Heatmap:
    return Heatmap("heat", "Gradients", x_label="from step k", y_label="to step t", legend="log₁₀", reach=4)


def test_image_lies_where_it_was_put_and_is_clipped_to_the_scale():
    heat, picture = heatmap(), Picture()
    heat.show(picture, np.array([[-9.0, 0.0], [np.nan, 7.0]]), x=(0.5, 2.5), y=(0.5, 4.5))
    [image] = picture.column(heat.source, "image")
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, np.array([[-4, 0], [np.nan, 4]]))
    assert [picture.column(heat.source, name) for name in ("x", "dw", "y", "dh")] == [[0.5], [2.0], [0.5], [4.0]]
    plot = heat.strip.plot
    spans = [(picture.get(limits, "start"), picture.get(limits, "end")) for limits in (plot.x_range, plot.y_range)]
    assert spans == [(0.5, 2.5), (0.5, 4.5)]
    assert heat.source.data["image"][0].shape == (1, 1) and plot.x_range.end == 1, "set on the figure that all share"


def test_image_is_clipped_to_the_scale_that_the_picture_has():
    heat, picture = heatmap(), Picture()
    picture.change(heat.mapper, low=-1, high=2)
    heat.show(picture, np.array([[-9.0, 9.0]]), x=(0, 1), y=(0, 1))
    assert picture.column(heat.source, "image")[0].tolist() == [[-1, 2]]


def test_a_gradient_of_one_has_the_gradients_own_colour():
    for theme in (0, 1):
        assert HEAT[theme][127] == PALETTE["gradient"][theme].upper()
    assert len(HEAT[0]) == len(HEAT[1]) == 255
    assert not set(HEAT[0]) & set(HEAT[1])


def test_each_palette_ends_in_its_role_and_only_those_with_a_sign_have_a_middle():
    for role, themes in HEATS.items():
        if role not in PALETTE or role == "gradient":  # not tints of one colour
            continue
        for theme, palette in enumerate(themes):
            card = PALETTE["card"][theme].upper()
            assert palette[-1] == PALETTE[role][theme].upper()
            assert palette[31 if role in ("candidate", "state") else 0] == card
    changing = heatmap_of("state")
    assert changing.mapper.tags == ["state"] and changing.mapper.palette == HEATS["state"][0]


def heatmap_of(palette: str) -> Heatmap:
    return Heatmap("heat", "Cells", x_label="time step", y_label="unit", legend="c", palette=palette)
