"""Files as torch.save writes them, made by hand: opcode by opcode, so that any of them can be made wrong."""

import io
import struct
import zipfile

import numpy as np

KINDS = {
    "float64": "DoubleStorage",
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "int64": "LongStorage",
    "int32": "IntStorage",
    "bool": "BoolStorage",
}
MARK, TUPLE, EMPTY_TUPLE, REDUCE, SETITEM, STOP = b"(", b"t", b")", b"R", b"s", b"."
ORDERED_DICT = b"ccollections\nOrderedDict\n"
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"
PARAMETER = b"ctorch._utils\n_rebuild_parameter\n"
FALSE = b"\x89"
NEW_DICT = ORDERED_DICT + EMPTY_TUPLE + REDUCE


def as_zip(members, compression=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def text(words):
    data = words.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value):
    size = value.bit_length() // 8 + 1
    return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)


def numbers(values):
    return MARK + b"".join(map(number, values)) + TUPLE


def storage(key="0", kind="DoubleStorage", count=4):
    return (
        MARK
        + text("storage")
        + b"ctorch\n"
        + kind.encode()
        + b"\n"
        + text(key)
        + text("cpu")
        + number(count)
        + TUPLE
        + b"Q"
    )


def tensor(whence=None, offset=0, sizes=(2, 2), strides=(2, 1)):
    """The call that makes a tensor of a storage."""
    given = (storage() if whence is None else whence) + number(offset) + numbers(sizes) + numbers(strides)
    return REBUILD + MARK + given + FALSE + NEW_DICT + TUPLE + REDUCE


def program(*items):
    """data.pkl of a state_dict with these keys and the opcodes of their values."""
    pairs = b"".join(text(key) + value for key, value in items)
    return b"\x80\x02" + NEW_DICT + MARK + pairs + b"u" + STOP


def members(pickled, **data):
    """The members of a file: data.pkl, and the bytes of its storages by their keys (with an underscore before)."""
    own = {"net/data.pkl": pickled, "net/version": b"3\n", "net/byteorder": b"little"}
    return own | {f"net/data/{key.lstrip('_')}": values for key, values in data.items()}


def as_pt(arrays):
    """What torch.save would write of these arrays as a state_dict."""
    items, data = [], {}
    for place, (key, values) in enumerate(arrays.items()):
        values = np.ascontiguousarray(values)
        strides = [step // values.itemsize for step in values.strides]
        kept = storage(str(place), KINDS[values.dtype.name], values.size)
        items.append((key, tensor(kept, 0, np.shape(arrays[key]), strides[: np.ndim(arrays[key])])))
        data[f"_{place}"] = values.tobytes()
    return as_zip(members(program(*items), **data), compression=0)
