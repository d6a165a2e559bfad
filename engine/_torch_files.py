"""The arrays of a state_dict that torch.save wrote, without PyTorch and without opening a pickle.

Such a file is a zip: data.pkl says which tensors there are, and data/0, data/1, … hold their numbers. data.pkl is a
program for Python's pickle machine, which can call anything. Here its opcodes are only read, one by one, by a machine
that knows the few that a state_dict needs and can make nothing but dicts, tuples, text, whole numbers and tensors. No
name in the file is ever looked up, and no bytes reach Python's own pickle. Whatever else is there is refused.

Sources: Python's `pickletools`; PyTorch's torch/serialization.py and torch/_utils.py (version 2.13).
"""

import math
import pickletools
from typing import NamedTuple

import numpy as np

from engine import _validate
from engine._archives import HOW_TO_SAVE, WeightsError

MAX_OPCODES = 20_000
MAX_AXES = 8
ONLY_WEIGHTS = f"save the weights alone: {HOW_TO_SAVE}"

_STORAGES = {
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "BFloat16Storage": "u2",  # the upper half of a float32
    "LongStorage": "i8",
    "IntStorage": "i4",
    "BoolStorage": "?",
}
_DICT, _TENSOR, _PARAMETER = (
    "collections.OrderedDict",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
)
_KNOWN = {_DICT, _TENSOR, _PARAMETER, *(f"torch.{name}" for name in _STORAGES)}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_ARGUMENTS = {"BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE", "SHORT_BINUNICODE"}
_NOTHING = {"PROTO", "FRAME"}


class _Name(NamedTuple):
    """What a pickle names and Python would import."""

    path: str


class _Storage(NamedTuple):
    values: np.ndarray  # (numel,)


class _Tensor(NamedTuple):
    values: np.ndarray


def is_torch(archive):
    """Whether an Archive is of the kind that torch.save writes."""
    return any(name.endswith(".pkl") for name in archive.names)


def read(archive):
    """The arrays of a state_dict by their keys. Raises WeightsError for anything else than plain tensors."""
    pickles = [name for name in archive.names if name.endswith(".pkl")]
    if len(pickles) != 1 or pickles[0].rpartition("/")[2] != "data.pkl":
        raise WeightsError(f"The file holds a program or other pickles than a state_dict's; {ONLY_WEIGHTS}.")
    machine = _Machine(_Numbers(archive, pickles[0].removesuffix("data.pkl")))
    try:
        found = machine.run(archive.unpacked(pickles[0]))
    except WeightsError:
        raise
    except Exception:  # an opcode that lacks its operands fails in as many ways as lists, dicts and pickletools do
        raise WeightsError(f"'data.pkl' in the file is damaged; {ONLY_WEIGHTS}.") from None
    if type(found) is not dict or not all(type(values) is _Tensor for values in found.values()):
        raise WeightsError(f"The file holds more than a state_dict; {ONLY_WEIGHTS}.")
    return {key: tensor.values for key, tensor in found.items()}


class _Numbers:
    """The storages of a file, each unpacked once."""

    def __init__(self, archive, root):
        self._archive, self._root, self._kept = archive, root, {}
        order = f"{root}byteorder"
        self._order = ">" if order in archive.names and archive.unpacked(order) == b"big" else "<"

    def of(self, identity):
        """The storage of ("storage", its type, key, device, how many numbers)."""
        kind, name, key, _, count = identity
        if kind != "storage" or type(name) is not _Name or type(key) is not str or type(count) is not int:
            raise ValueError
        path = f"{self._root}data/{key}"
        short = _validate._short(f"data/{key}")
        if path not in self._archive.names:
            raise WeightsError(f"The file lacks {short}.")
        kind = name.path.removeprefix("torch.")
        if (key, kind) not in self._kept:
            dtype, data = np.dtype(self._order + _STORAGES[kind]), self._archive.unpacked(path)
            if count * dtype.itemsize != len(data):
                raise WeightsError(f"{short} in the file states {count} numbers, which its bytes do not fill.")
            values = np.frombuffer(data, dtype)
            self._kept[key, kind] = (values.astype("u4") << 16).view("f4") if kind == "BFloat16Storage" else values
        return _Storage(self._kept[key, kind])


class _Machine:
    """The pickle machine's stack, for some of its opcodes: a method for each kind of them."""

    def __init__(self, numbers):
        self._numbers = numbers
        self._stack, self._below, self._memo = [], [], {}
        self._steps = {
            "MARK": lambda _: self._mark(),
            "EMPTY_DICT": lambda _: self._push({}),
            "TUPLE": lambda _: self._push(tuple(self._since_mark())),
            "TUPLE1": lambda _: self._push(self._last(1)),
            "TUPLE2": lambda _: self._push(self._last(2)),
            "TUPLE3": lambda _: self._push(self._last(3)),
            "SETITEM": lambda _: self._set(self._last(2)),
            "SETITEMS": lambda _: self._set(self._since_mark()),
            "BINPUT": self._remember,
            "LONG_BINPUT": self._remember,
            "MEMOIZE": lambda _: self._remember(len(self._memo)),
            "BINGET": lambda place: self._push(self._memo[place]),
            "LONG_BINGET": lambda place: self._push(self._memo[place]),
            "GLOBAL": lambda words: self._name(*words.split(" ", 1)),
            "STACK_GLOBAL": lambda _: self._name(*self._last(2)),
            "BINPERSID": lambda _: self._push(self._numbers.of(self._stack.pop())),
            "REDUCE": lambda _: self._call(*self._last(2)),
            "BUILD": lambda _: self._leave_out(*self._last(2)),
        }

    def run(self, pickled):
        """What the program leaves on the stack."""
        for count, (opcode, argument, _) in enumerate(pickletools.genops(pickled)):
            if count == MAX_OPCODES:
                raise WeightsError(f"The file describes more than the tensors of a small network; {ONLY_WEIGHTS}.")
            if opcode.name == "STOP":
                (found,) = self._stack
                return found
            if opcode.name in _CONSTANTS:
                self._push(_CONSTANTS[opcode.name])
            elif opcode.name in _ARGUMENTS:
                self._push(argument)
            elif opcode.name in self._steps:
                self._steps[opcode.name](argument)
            elif opcode.name not in _NOTHING:
                raise WeightsError(f"The file holds more than a state_dict; {ONLY_WEIGHTS}.")
        raise ValueError

    def _push(self, item):
        self._stack.append(item)

    def _mark(self):
        self._below.append(self._stack)
        self._stack = []

    def _since_mark(self):
        items, self._stack = self._stack, self._below.pop()
        return items

    def _last(self, count):
        items = tuple(self._stack[-count:])
        if len(items) < count:
            raise ValueError
        del self._stack[-count:]
        return items

    def _remember(self, place):
        self._memo[place] = self._stack[-1]

    def _set(self, items):
        """Keys and values by turns, into the dict below them. Only text is a key: hashing a deep tuple could crash."""
        into = self._stack[-1]
        if type(into) is not dict or len(items) % 2 or not all(type(key) is str for key in items[::2]):
            raise WeightsError(f"The file holds more than a state_dict; {ONLY_WEIGHTS}.")
        into.update(zip(items[::2], items[1::2], strict=True))

    def _name(self, module, name):
        path = f"{module}.{name}"
        if path not in _KNOWN:
            short = _validate._short(path)
            raise WeightsError(f"The file asks for {short}, and nothing in a file is run; {ONLY_WEIGHTS}.")
        self._push(_Name(path))

    def _call(self, name, given):
        """The three calls of a state_dict; a name that is known but is not to be called fails like any other damage."""
        if type(name) is not _Name or type(given) is not tuple:
            raise ValueError
        if name.path == _DICT and given == ():
            self._push({})
        elif name.path == _TENSOR and len(given) in (6, 7):
            self._push(_tensor(*given[:4]))
        elif name.path == _PARAMETER and type(given[0]) is _Tensor:
            self._push(given[0])
        else:
            raise ValueError

    def _leave_out(self, whose, _):
        """A state_dict's _metadata, the versions of its modules."""
        if type(whose) is not dict:
            raise ValueError
        self._push(whose)


def _tensor(storage, offset, sizes, strides):
    """The view of a storage that these whole numbers describe, none of which may lead out of it."""
    if type(storage) is not _Storage or type(sizes) is not tuple or type(strides) is not tuple:
        raise ValueError
    if not all(type(number) is int for number in (offset, *sizes, *strides)):
        raise ValueError
    values, axes = storage.values, list(zip(sizes, strides, strict=True))
    last = offset + sum((size - 1) * stride for size, stride in axes)
    fits = len(axes) <= MAX_AXES and min((offset, *sizes, *strides)) >= 0
    if fits and 0 in sizes:
        return _Tensor(np.empty(sizes, values.dtype))
    # so many numbers at most: a stride of 0 would make a large array of a single one
    if not fits or last >= len(values) or math.prod(sizes) > len(values):
        raise WeightsError(
            f"The file states a tensor of shape {_validate._short(sizes)}, which its numbers do not fill."
        )
    steps = [stride * values.itemsize for stride in strides]
    return _Tensor(np.lib.stride_tricks.as_strided(values[offset:], sizes, steps, writeable=False))
