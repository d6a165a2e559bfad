"""Arrays out of a file that anyone may have written: read no more than a limit, unpickle nothing, say what is wrong.

Two formats hold arrays and nothing that runs: NumPy's .npz (a zip of .npy members) and .safetensors. PyTorch's .pt is
read as far as it holds plain tensors: see `_torch_files`. Every number that a file states about itself is checked
before memory is set aside for it.
Sources: NumPy, `numpy.lib.format`; the safetensors format description.
"""

import io
import math
import os

import numpy as np
import safetensors.numpy

from engine import _file_kinds, _torch_files, _validate
from engine._archives import HOW_TO_SAVE, Archive, WeightsError, in_words

MAX_NPY_HEADER = 1000  # NumPy pads its own to 118 characters
PICKLE_REFUSED = f"a pickle is never opened, since it can run code; save the weights as .safetensors: {HOW_TO_SAVE}"


def read(file, largest):
    """The arrays in `file` (a path, bytes, or a binary file object) by their names; numbers or text, of any shape.

    Raises WeightsError for a file that is unreadable, larger than `largest` bytes (as it is, or unpacked), or not one
    of the three formats.
    """
    data = _content(file, largest)
    if not data:
        raise WeightsError("The file is empty.")
    if data[0] == 0x80 and data[8:9] != b"{":
        raise WeightsError(f"The file is a pickle: {PICKLE_REFUSED}.")
    if data[:2] == b"PK":
        archive = Archive(data, largest)
        return _torch_files.read(archive) if _torch_files.is_torch(archive) else _from_zip(archive)
    if data[8:9] == b"{":
        return _from_safetensors(data)
    if data[:6] == b"\x93NUMPY":
        raise WeightsError("The file holds one unnamed array; save all arrays by name with numpy.savez.")
    raise WeightsError(_other(data))


def _content(file, largest):
    if isinstance(file, (bytes, bytearray, memoryview)):
        data = file
    elif isinstance(file, (str, os.PathLike)):
        try:
            with open(file, "rb") as opened:
                data = opened.read(largest + 1)
        except (OSError, ValueError) as error:
            raise WeightsError(f"The file cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    elif hasattr(file, "read"):
        data = file.read(largest + 1)
    else:
        raise WeightsError(f"file must be a path, bytes or a binary file object, got {_validate._short(file)}.")
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise WeightsError("The file object gives text; open it in binary mode.")
    if len(data) > largest:
        raise WeightsError(f"The file is larger than the limit of {in_words(largest)}.")
    return bytes(data)


def _other(data):
    return f"This is {_file_kinds.described(data)}; weights come as .safetensors, .npz or .pt."


def _from_zip(archive):
    names = archive.names
    if names and not any(name.endswith(".npy") for name in names):
        raise WeightsError(_other(b"PK"))
    arrays = {}
    for name in names:
        key = name.removesuffix(".npy")
        if key == name:
            raise WeightsError(f"The file holds {_validate._short(name)}, which is no array of an .npz file.")
        arrays[key] = _array(key, archive.unpacked(name))
    return arrays


def _array(name, data):
    """The array of one .npy member; its header must describe just the bytes that are there."""
    name = _validate._short(name)
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, column_first, dtype = read_header[version](stream, max_header_size=MAX_NPY_HEADER)
    except Exception:  # the header is parsed as a Python literal, which may fail in as many ways as Python's parser
        raise WeightsError(f"{name} in the file is no readable array.") from None
    if dtype.hasobject:
        raise WeightsError(f"{name} in the file holds Python objects, which is a pickle: {PICKLE_REFUSED}.")
    if dtype.kind not in "biufU":
        raise WeightsError(f"{name} in the file holds values of type {_validate._short(str(dtype))}, not real numbers.")
    rest = stream.read()
    if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != len(rest) or not dtype.itemsize:
        raise WeightsError(f"{name} in the file states shape {_validate._short(shape)}, which its bytes do not fill.")
    return np.frombuffer(rest, dtype).reshape(shape, order="F" if column_first else "C")


def _from_safetensors(data):
    stated = int.from_bytes(data[:8], "little")
    if stated > len(data) - 8:
        raise WeightsError(f"The file states a header of {stated} bytes, but holds only {len(data) - 8}.")
    try:
        return safetensors.numpy.load(data)
    except KeyError as error:
        raise WeightsError(f"The file holds values of type {error.args[0]}; save them as float32 or float64.") from None
    except Exception as error:
        reason = _validate._short(str(error)).strip("'\"")
        raise WeightsError(f"The file is damaged, or no .safetensors file ({reason}).") from None
