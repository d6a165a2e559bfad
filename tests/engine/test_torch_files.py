"""Files of torch.save: real ones give PyTorch's own outputs, and none is ever run, whatever stands in it."""

import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import network, weights
from engine.weights import WeightsError
from tests.engine.torch_files import (
    EMPTY_TUPLE,
    MARK,
    NEW_DICT,
    PARAMETER,
    REDUCE,
    SETITEM,
    STOP,
    TUPLE,
    as_pt,
    as_zip,
    members,
    number,
    program,
    storage,
    tensor,
    text,
)
from tests.engine.weight_files import assert_refused, state_dict

pytestmark = pytest.mark.filterwarnings("error")

GOLDEN = Path(__file__).parents[1] / "golden" / "torch_files"
EXPECTED = np.load(GOLDEN / "expected.npz")
READ = sorted({key.split("/")[0] for key in EXPECTED})
HOW = r'from safetensors.torch import save_file; save_file\(model.state_dict\(\), "net.safetensors"\)\.'


@pytest.mark.parametrize("name", READ)
def test_what_pytorch_saved_computes_what_pytorch_computes(name):
    case = {key.split("/")[1]: EXPECTED[key] for key in EXPECTED if key.startswith(f"{name}/")}
    y = network.run(case["x"], weights.load(GOLDEN / f"{name}.pt")).y
    np.testing.assert_allclose(y, case["y"], rtol=1e-12, atol=1e-12)


def test_a_file_of_an_old_pytorch_is_refused_and_says_how_to_save():
    old = (GOLDEN / "before_1_6.pt").read_bytes()
    assert_refused(old, f"a pickle is never opened, since it can run code; save the weights as .safetensors: {HOW}")


# What a state_dict can look like


def zipped(pickled, **data):
    return as_zip(members(pickled, **data), zipfile.ZIP_STORED)


def only(value, **data):
    """A file with a single key."""
    return zipped(program(("weight_hh_l0", value)), **({"_0": np.arange(4.0).tobytes()} | data))


def recurrent(n=1, m=1, **changed):
    """A file with the keys of an RNN, all 1 but for those that are made otherwise: the opcodes of a value."""
    shapes = {"weight_ih_l0": (n, m), "weight_hh_l0": (n, n), "bias_ih_l0": (n,), "bias_hh_l0": (n,)}
    items, data = [], {"_big": np.arange(12.0).tobytes()}
    for place, (key, shape) in enumerate(shapes.items()):
        values = np.ones(shape)
        own = tensor(storage(str(place), count=values.size), 0, shape, [step // 8 for step in values.strides])
        items.append((key, changed.get(key, own)))
        data[f"_{place}"] = values.tobytes()
    return program(*items), data


def test_views_of_a_storage_are_read_by_their_offset_and_strides():
    big = storage("big", count=12)
    U, W = tensor(big, 1, (2, 3), (1, 4)), tensor(big, 2, (2, 2), (5, 2))
    pickled, data = recurrent(2, 3, weight_ih_l0=U, weight_hh_l0=W)
    params = weights.load(zipped(pickled, **data)).layers[0].params
    np.testing.assert_array_equal(params.U, [[1, 5, 9], [2, 6, 10]])
    np.testing.assert_array_equal(params.W, [[2, 4], [7, 9]])


def test_parameters_metadata_and_a_newer_protocol_change_nothing():
    three = tensor(storage("big", count=12), 3, (1, 1), (1, 1))
    pickled, data = recurrent(weight_hh_l0=three)
    parameter = PARAMETER + MARK + three + b"\x89" + NEW_DICT + TUPLE + REDUCE
    metadata = pickled[:-1] + NEW_DICT + text("_metadata") + NEW_DICT + SETITEM + b"b" + STOP
    for variant in (pickled, recurrent(weight_hh_l0=parameter)[0], metadata, b"\x80\x05" + pickled[2:]):
        assert weights.load(zipped(variant, **data)).layers[0].params.W == 3


def test_numbers_of_the_other_byte_order():
    content = members(program(("weight_hh_l0", tensor())), _0=np.arange(4.0).astype(">f8").tobytes())
    content["net/byteorder"] = b"big"
    assert_refused(as_zip(content), r"'weight_ih_l0'")  # read, and only the other keys are missing


# What means harm


class Harm:
    """Were it ever unpickled, the test would fail."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was run",)


def calling(module, name, *given):
    called = f"c{module}\n{name}\n".encode() + MARK + b"".join(map(text, given)) + TUPLE + REDUCE
    return program(("a", called))


IN_A_DICT = b"\x80\x02" + NEW_DICT
DEEP = EMPTY_TUPLE + b"\x85" * 9000
MORE = "holds more than a state_dict"


PROGRAMS = {
    "a whole model": (calling("__main__", "Net", "x"), f"asks for '__main__.Net', and nothing .*{HOW}"),
    "a checkpoint": (program(("epoch", number(3)), ("model", NEW_DICT)), f"holds more than a state_dict; .*{HOW}"),
    "a shell": (calling("os", "system", "id"), "asks for 'os.system', and nothing in a file is run"),
    "eval": (calling("builtins", "eval", "1"), "asks for 'builtins.eval'"),
    "getattr of a known module": (calling("torch._utils", "getattr", "x"), "asks for 'torch._utils.getattr'"),
    "a dotted name": (calling("collections", "OrderedDict.fromkeys", "x"), "asks for 'collections.OrderedDict.f"),
    "a name put together": (b"\x80\x04" + text("os") + text("system") + b"\x93" + STOP, "asks for 'os.system'"),
    "a name of no text": (b"\x80\x04" + NEW_DICT + NEW_DICT + b"\x93" + STOP, "nothing in a file is run"),
    "an object": (pickle.dumps(Harm(), protocol=2), r"asks for '_pytest"),
    "an instance": (b"\x80\x02(" + text("x") + b"ios\nsystem\n" + STOP, MORE),
    "an extension": (b"\x80\x02\x82\x01" + STOP, MORE),
    "a list": (b"\x80\x02]" + STOP, MORE),
    "a number alone": (b"\x80\x02K\x01" + STOP, MORE),
    "a dict in a dict": (program(("a", NEW_DICT)), MORE),
    "a dict in itself": (IN_A_DICT + b"q\x00" + text("a") + b"h\x00" + SETITEM + STOP, MORE),
    "a tuple as a key": (IN_A_DICT + EMPTY_TUPLE + EMPTY_TUPLE + SETITEM + STOP, MORE),
    "deep tuples as a key": (IN_A_DICT + DEEP + EMPTY_TUPLE + SETITEM + STOP, MORE),
    "deep tuples for a storage": (program(("a", DEEP + b"Q")), "is damaged"),
    "deep tuples for what is called": (program(("a", DEEP + DEEP + REDUCE)), "is damaged"),
    "a class that is called": (calling("torch", "FloatStorage", "x"), "'data.pkl' in the file is damaged"),
    "a dict with arguments": (calling("collections", "OrderedDict", "x"), "is damaged"),
    "a state for a text": (program(("a", text("x") + NEW_DICT + b"b")), "is damaged"),
    "a text called": (program(("a", text("x") + EMPTY_TUPLE + REDUCE)), "is damaged"),
    "nothing on the stack": (b"\x80\x02R" + STOP, "is damaged"),
    "too little on the stack": (b"\x80\x02)R" + STOP, "is damaged"),
    "no mark": (b"\x80\x02t" + STOP, "is damaged"),
    "an unknown memo": (b"\x80\x02h\x07" + STOP, "is damaged"),
    "a memo at the far end": (b"\x80\x02)r\xff\xff\xff\x7f0" + STOP, "holds more than|is damaged"),
    "no end": (program(("a", tensor()))[:-1], "is damaged"),
    "two results": (b"\x80\x02))" + STOP, "is damaged"),
    "empty": (b"", "is damaged"),
    "many steps": (b"\x80\x02" + EMPTY_TUPLE * 30_000 + STOP, "describes more than the tensors of a small network"),
    "a loop of its own memo": (b"\x80\x02)q\x00" + b"h\x00h\x00\x86q\x00" * 4000 + STOP, "is damaged|more than"),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_are_refused_and_never_run(name):
    pickled, message = PROGRAMS[name]
    assert_refused(zipped(pickled, _0=np.arange(4.0).tobytes()), message)


HUGE = 2**62
TENSORS = {
    "one column more": tensor(sizes=(2, 3), strides=(2, 1)),
    "an offset beyond the end": tensor(offset=4),
    "a far offset": tensor(offset=HUGE),
    "an offset before the start": tensor(offset=-1),
    "backward": tensor(offset=3, strides=(-2, -1)),
    "a far stride": tensor(strides=(HUGE, 1)),
    "so many of one number": tensor(sizes=(HUGE,), strides=(0,)),
    "too many of one number": tensor(sizes=(5,), strides=(0,)),
    "negative sizes": tensor(sizes=(-2, -2)),
    "twenty axes": tensor(sizes=(1,) * 20, strides=(1,) * 20),
    "a hundred bytes of a size": tensor(sizes=(256**100, 1)),
}


@pytest.mark.parametrize("name", TENSORS)
def test_tensors_that_lead_out_of_their_storage(name):
    assert_refused(only(TENSORS[name]), r"states a tensor of shape \(.*, which its numbers do not fill")


BROKEN = {
    "fewer strides than sizes": (only(tensor(strides=(1,))), "is damaged"),
    "a text for a size": (only(tensor()[:-30]), "holds more than a state_dict"),
    "an empty array of astronomic size": (only(tensor(sizes=(0, HUGE, HUGE))), "is damaged"),
    "a storage that is not there": (only(tensor(storage("1"))), "The file lacks 'data/1'"),
    "a storage outside": (only(tensor(storage("../../../etc/passwd"))), "The file lacks 'data/../../../etc/passwd'"),
    "a storage that states more": (
        only(tensor(storage(count=HUGE))),
        "'data/0' in the file states 4611686018427387904 num",
    ),
    "a storage that states less": (only(tensor(storage(count=3))), "'data/0' in the file states 3 numbers, which"),
    "another type of storage": (only(tensor(storage(kind="FloatStorage"))), "'data/0' in the file states 4 numbers"),
    "complex numbers": (only(tensor(storage(kind="ComplexDoubleStorage"))), "asks for 'torch.ComplexDoubleStorage'"),
    "something else than a storage": (only(tensor(MARK + text("module") + TUPLE + b"Q")), "is damaged"),
    "a number for a storage": (only(tensor(number(7))), "is damaged"),
    "two pickles": (as_zip(members(program()) | {"net/more.pkl": b""}), "a program or other pickles than a state_dict"),
    "TorchScript": (
        as_zip(members(program()) | {"net/constants.pkl": b"", "net/code/net.py": b""}),
        "a program or other",
    ),
    "a pickle of another name": (
        as_zip({"net/weights.pkl": program()}),
        "a program or other pickles than a state_dict",
    ),
    "zip in a zip": (as_zip(members(as_pt(state_dict()))), "'data.pkl' in the file is damaged"),
    "bomb": (as_zip(members(bytes(50_000_000))), "unpacks to more than the limit of 4 MiB"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_storages_and_archives_that_are_broken(name):
    assert_refused(*BROKEN[name])


def test_a_locked_archive():
    data = bytearray(as_pt(state_dict()))
    for place, flags in ((data.index(b"PK\x03\x04"), 6), (data.index(b"PK\x01\x02"), 8)):
        struct.pack_into("<H", data, place + flags, 1)
    assert_refused(bytes(data), "locked with a password")


def test_cut_off_anywhere():
    whole = as_pt(state_dict(n=1, m=1))
    for length in range(1, len(whole), 7):
        with pytest.raises(WeightsError):
            weights.load(whole[:length])


@pytest.mark.parametrize("name", READ)
def test_a_program_cut_off_anywhere(name):
    with zipfile.ZipFile(GOLDEN / f"{name}.pt") as archive:
        content = {member: archive.read(member) for member in archive.namelist()}
    (where,) = (member for member in content if member.endswith("data.pkl"))
    for length in range(0, len(content[where]), 11):
        with pytest.raises(WeightsError):
            weights.load(as_zip(content | {where: content[where][:length]}))


@given(st.data())
@settings(deadline=None, max_examples=400)
def test_a_program_with_other_bytes_gives_the_same_arrays_or_one_sentence(data):
    with zipfile.ZipFile(GOLDEN / f"{data.draw(st.sampled_from(READ))}.pt") as archive:
        content = {member: archive.read(member) for member in archive.namelist()}
    (where,) = (member for member in content if member.endswith("data.pkl"))
    pickled = bytearray(content[where])
    for _ in range(data.draw(st.integers(1, 6))):
        pickled[data.draw(st.integers(0, len(pickled) - 1))] = data.draw(st.integers(0, 255))
    try:
        loaded = weights.load(as_zip(content | {where: bytes(pickled)}))
    except WeightsError as error:
        sentence = str(error)
        assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 260
    else:
        for layer in loaded.layers:
            assert all(np.isfinite(values).all() for values in getattr(layer, "params", ()) if values is not None)
