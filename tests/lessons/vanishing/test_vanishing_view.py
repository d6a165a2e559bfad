"""What the page shows: its figures, and what each topic hides."""

import re

import numpy as np
import pytest
from bokeh.models import Span

from app.shell.reader import TROUBLE
from lessons.vanishing.charts import impulse_response
from lessons.vanishing.parameters import TOPICS
from tests.app.pages import Opened
from tests.lessons.vanishing.vanishing_oracle import PRESETS, make, model_at


def test_heatmap_has_the_plotted_product_as_its_last_row_and_stays_affordable():
    page = make(preset="sigma-below")
    image = page.data(page.view.heat.source)["image"][0]
    shown = np.clip(page.model.table()["log10_product"], -6, 6)
    np.testing.assert_allclose(image[-1], shown, rtol=1e-6)
    assert np.isnan(image[0, 1:]).all()
    for n_units, n_steps in ((1, 200), (16, 200), (64, 200), (64, 30)):
        every = model_at(n_units=n_units, n_steps=n_steps).heat_every
        assert 1 <= every <= 3 and (n_steps / every) ** 2 * n_units**3 < 1.4e9


def test_lag_chart_shows_one_power_twice_for_a_linear_unit():
    page = make(preset="negative-weight")
    source = page.data(page.view.lags.source)
    powers = (-0.63) ** np.arange(11)
    np.testing.assert_allclose(source["response"], powers, rtol=1e-12)
    np.testing.assert_allclose(source["gradient"], powers, rtol=1e-12)
    saturated = make(preset="eq-12-35")
    first = np.tanh(1)
    response = [first]
    for _ in range(19):
        response.append(np.tanh(response[-1]))
    np.testing.assert_allclose(impulse_response(saturated.model.result), response, rtol=1e-12)


def test_modes_fall_by_their_eigenvalues():
    page = make(preset="symmetric-modes")
    W = page.model.result.params.W
    values = sorted(np.linalg.eigvalsh(W), key=abs, reverse=True)
    for line, eigenvalue in zip(page.data(page.view.modes.source)["sizes"], values, strict=True):
        falls = np.diff(line)[np.isfinite(np.diff(line))]
        np.testing.assert_allclose(falls, np.log10(abs(eigenvalue)), atol=1e-9)


def test_relu_cut_agrees_with_the_first_step_that_is_reached():
    page = make(n_steps=20, activation="relu", signal="drawn", x="1*10,-2,1*9")
    product = page.model.table()["log10_product"]
    assert np.isneginf(product[:10]).all() and np.isfinite(product[10:]).all()
    assert np.isnan(page.columns["log10_product"][:10]).all()


def limits(page: Opened) -> tuple[float, float]:
    """How far the plot of the product reaches."""
    reach = page.view.time.strips["log10_product"].plot.y_range
    return page.shown(reach, "start"), page.shown(reach, "end")


def test_nothing_gives_the_answer_away_while_it_is_being_predicted():
    page = make()
    frame, data = page.ask("predict"), page.columns
    for column in ("log10_product", "bound", "prediction", "ratio"):
        assert np.isnan(data[column]).all(), column
    assert frame["live"]["text"]["product"] == "?" and not frame["numbers"] and not frame["sentence"]
    assert {"lags", "heat", "omega", "spectrum"} <= set(frame["hidden"])
    before = limits(page)
    page.set(w=0.9)
    assert page.model.w == 0.9 and page.model.concealed and limits(page) == before and before[0] < -4
    page.ask("cancel")
    assert limits(page) != before and page.frame["sentence"]


@pytest.mark.parametrize("topic", TOPICS)
def test_each_topic_shows_its_own_controls_cards_and_strips(topic):
    page = make(topic=topic)
    frame = page.frame
    shown = set(page.view.controls + page.view.more) - set(frame["unused"])
    own = {"vanishing": "activation", "exploding": "clip", "chaos": "gain", "side by side": "horizon"}
    assert {name for name in own.values() if name in shown} == {own[topic]} and "topic" in shown
    cards = {card.key for card in page.view.cards} - set(frame["hidden"])
    assert {"vanishing": "heat", "exploding": "cliff", "chaos": "phase", "side by side": "side"}[topic] in cards
    visible = [name for name, strip in page.view.time.strips.items() if page.shown(strip.plot, "visible")]
    plotted = page.model.table()
    for name in visible:
        assert np.isfinite(page.columns[name]).any() and name in plotted
    assert page.shown(page.view.time.strips[visible[-1]].plot.below[0], "visible")


def test_diagram_is_drawn_anew_when_the_topic_changes_and_only_then():
    page = make()
    assert "<svg" in page.frame.pop("diagram")
    page.set(w=0.7)
    assert "diagram" not in page.frame
    page.set(topic="chaos")
    assert "<svg" in page.frame["diagram"]
    names = re.findall('data-text="([^"]*)"', page.frame["diagram"])
    assert set(names) <= set(page.frame["live"]["text"]) | {"h1.label", "h2.label"}


@pytest.mark.parametrize("topic", TOPICS)
def test_every_live_label_of_the_diagram_has_a_value(topic):
    for extra in ({}, {"n_units": 4}, {"form": "cell"}):
        page = make(topic=topic, **extra)
        drawn = {
            name for name in re.findall('data-text="([^"]*)"', page.frame["diagram"]) if not name.endswith(".label")
        }
        live = set(page.view.live(page.model, 3)["text"])
        assert {name for name in drawn - live if not name.endswith(".value")} == set()


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("end", [0, 1])
def test_every_corner_is_drawn(topic, end):
    page = make(topic=topic)
    model = page.model
    for name in model.state_parameters():
        parameter = model.param[name]
        if name in ("cursor", "x", "topic") or not hasattr(parameter, "bounds"):
            continue
        before = getattr(model, name)
        setattr(model, name, parameter.bounds[end])
        frame = page.show()
        assert TROUBLE not in frame["notices"], name
        assert frame["sentence"] and frame["numbers"], name
        assert "nan" not in frame["sentence"] and "not a number" not in frame["numbers"], name
        setattr(model, name, before)


def test_an_explosion_is_clipped_and_explained():
    page = make(w=2, n_steps=60, signal="constant")
    notice = page.frame["notices"][0]
    step = int(re.search(r"From t = (\d+)", notice).group(1))
    h = 2.0 ** np.arange(1, 61) - 1
    assert h[step - 1] > 1e6 >= h[step - 2] and "|w| = 2" in notice
    assert max(page.columns["h"]) == 1e6


def test_painting_starts_from_the_signal_that_is_shown():
    page = make(preset="eq-12-34")
    page.ask("edit", name="x", steps={"3": 0.25})
    assert page.model.signal == "drawn"
    assert page.model.sequence("x").tolist() == [1, 1, 0.25, 1, 1, 1, 1, 1, 1, 1]


def figures(page: Opened) -> dict[str, object]:
    """All that can be seen of the figures: of visible plots their height, ranges, axes, marks and values."""
    seen: dict[str, object] = {"live": page.frame["live"], "hidden": page.frame["hidden"]}
    cards = [card for card in page.view.cards if card.key not in page.frame["hidden"]]
    for plot in (strip.plot for card in cards for strip in card.strips if page.shown(strip.plot, "visible")):
        for k, model in enumerate((plot.x_range, plot.y_range)):
            seen[f"{plot.name} {k}"] = page.shown(model, "start"), page.shown(model, "end")
        for side, (axis, *_) in (("left", plot.left), ("below", plot.below)):
            ticks = {name: page.shown(axis.ticker, name) for name in ("ticks", "desired_num_ticks")
                     if hasattr(axis.ticker, name)}  # fmt: skip
            seen[f"{plot.name} {side}"] = page.shown(axis, "axis_label"), page.shown(axis, "visible"), ticks
        seen[f"{plot.name} height"] = page.shown(plot, "height")
        seen[f"{plot.name} marks"] = [page.shown(mark, "location") for mark in plot.select({"type": Span})]
        for source in {renderer.data_source for renderer in plot.renderers}:
            if source not in (page.view.stack.prediction, page.view.stack.pinned, page.view.stack.gap):
                columns = page.data(source).items()
                seen[f"{plot.name} {source.id}"] = {name: np.array(values) for name, values in columns}
    return seen


def test_a_picture_does_not_depend_on_what_was_shown_before():
    wandering = make()
    for name in (*PRESETS, *PRESETS[::-2]):
        wandering.ask("preset", name=name)
        wandering.ask("cursor", t=9)
        np.testing.assert_equal(figures(wandering), figures(make(preset=name, cursor=9)), err_msg=name)


def test_drawing_leaves_the_shared_figures_as_they_were():
    page = make()
    plots = [strip.plot for card in page.view.cards for strip in card.strips]
    models = sorted({model for plot in plots for model in plot.references()}, key=lambda model: model.id)
    before = [repr(model.properties_with_values()) for model in models]
    for name in PRESETS:
        page.ask("preset", name=name)
        page.ask("cursor", t=7)
    page.ask("predict")
    assert len(models) > 100 and page.frame["predicting"]
    assert [repr(model.properties_with_values()) for model in models] == before


def test_two_readers_do_not_disturb_each_other():
    first, second = make(preset="sigma-below", cursor=3), make(preset="chaos", cursor=5)
    seen = figures(first), figures(second)
    for page, settings in ((second, {"gain": 0.5}), (first, {"size": 0.5}), (second, {"topic": "exploding"})):
        page.set(**settings)
    first.set(size=0.98)
    second.set(topic="chaos", gain=1)
    for page, before in zip((first, second), seen, strict=True):
        page.show()
        np.testing.assert_equal(figures(page), before)


# Expensive results are kept on the model


@pytest.mark.parametrize(
    ("topic", "kept", "other", "own"),
    [
        ("vanishing", "heat", {"gain": 0.3, "cursor": 5}, {"w": 0.7}),
        ("vanishing", "heat", {"threshold": 0.3}, {"signal": "constant"}),
        ("vanishing", "heat", {"concealed": "log10_product"}, {"activation": "tanh"}),
        ("vanishing", "heat", {"decay": 0.3}, {"form": "cell"}),
        ("chaos", "basins", {"start1": 0.5, "separation": -3, "n_steps": 50}, {"gain": 0.9}),
        ("chaos", "basins", {"start2": 0.5}, {"b2": 0.3}),
        ("chaos", "basins", {"cursor": 9}, {"W12": 0.3}),
        ("exploding", "surface", {"start_w": 5, "descent_steps": 9, "clip": False}, {"n_steps": 49}),
    ],
)
def test_what_is_expensive_is_kept_until_its_own_settings_change(topic, kept, other, own):
    model = model_at(topic=topic)
    before = getattr(model, kept)()
    for name, value in other.items():
        setattr(model, name, value)
    assert getattr(model, kept)() is before
    model.param.update(**own)
    assert getattr(model, kept)() is not before


def test_basins_and_cliff_are_painted_from_the_model():
    page = make(preset="basins")
    image = page.data(page.view.phase.image)["image"][0]
    labels = page.model.basins().labels
    assert image.shape == labels.shape and ((image == 0) == (labels == 0)).all()
    # each basin has one colour of its own
    pairs = set(zip(labels.ravel().tolist(), image.ravel().tolist(), strict=True))
    assert len(pairs) == len(np.unique(labels)) == len(np.unique(image)) > 1
    page = make(preset="loss-cliff")
    image, surface = page.data(page.view.cliff.image)["image"][0], page.model.surface()
    opacity = image.view(np.uint8).reshape(*image.shape, 4)[..., 3].astype(float)
    order = np.argsort(surface, axis=None)
    assert (np.diff(opacity.ravel()[order]) >= 0).all() and opacity.min() < opacity.max()
    ws, bs = np.linspace(3.5, 6.5, surface.shape[1]), np.linspace(-3.5, 1, surface.shape[0])
    for row, column in ((0, 0), (10, 90), (80, 30)):
        c = 0.0
        for _ in range(50):
            c = ws[column] / (1 + np.exp(-c)) + bs[row]
        loss = (1 / (1 + np.exp(-c)) - 0.7) ** 2
        assert surface[row, column] == pytest.approx(np.log10(max(loss, 1e-12)), abs=1e-6)
