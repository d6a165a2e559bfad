"""Weights files that mean harm or are broken: each is refused in one sentence, soon, and without being unpacked."""

import functools
import io
import pickle
import struct
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import weights
from engine.weights import WeightsError
from tests.engine.torch_files import as_zip
from tests.engine.weight_files import FORMATS, as_npy, as_npz, assert_refused, state_dict

pytestmark = pytest.mark.filterwarnings("error")

GOOD = state_dict(readout=1)


@functools.cache
def zipped_zeros():
    """An .npz of 100 kB that unpacks to 100 MB."""
    return as_zip({"weight_hh_l0.npy": bytes(100_000_000)})


def lying_zip(size):
    """The same, but its member states another size, in both of its headers."""
    data = bytearray(zipped_zeros())
    local, central = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, local + 22, size)
    struct.pack_into("<I", data, central + 24, size)
    return bytes(data)


def lying_npy(header, payload=b""):
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + payload


def as_safetensors(header, payload=b"", stated=None):
    text = header.encode()
    return struct.pack("<Q", len(text) if stated is None else stated) + text + payload


def tensor(start, end, shape="[2]", dtype="F64"):
    return f'{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{start},{end}]}}'


class Harm:
    """Were it ever unpickled, the test would fail."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was opened",)


def pickle_files():
    """What torch.save wrote before version 1.6, several pickles one after the other, and others."""
    legacy = [
        pickle.dumps(part, protocol=2) for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, Harm())
    ]
    objects = np.array([Harm()], dtype=object)
    return {
        "torch.save before 1.6": b"".join(legacy),
        "pickle of today": pickle.dumps({"weight": Harm()}, protocol=5),
        "an object array": as_npz({"weight_hh_l0": objects}),
        "an object array beside good ones": as_npz(GOOD | {"extra": objects}),
    }


@pytest.mark.parametrize("name", pickle_files())
def test_pickles_are_never_opened(name):
    assert_refused(pickle_files()[name], "a pickle.* is never opened, since it can run code; save the weights as")


def hostile_files():
    whole = as_npz(GOOD)
    member = "weight_hh_l0.npy"
    return {
        "empty": (b"", "The file is empty"),
        "text": (b"Hello, world. This is no network.", "This is a text; weights come as .safetensors, .npz or .pt"),
        "long text": ("Ä network. ".encode() * 999, "This is a text"),
        "JSON": (b'{"weight_hh_l0": [[1, 2]]}', "This is a JSON file; weights come"),
        "PNG": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "This is a PNG picture; weights come"),
        "JPEG": (b"\xff\xd8\xff\xe0\0\x10JFIF", "This is a JPEG picture"),
        "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "This is a PDF document"),
        "HDF5": (b"\x89HDF\r\n\x1a\n\0\0", "This is an HDF5 file, as Keras writes them"),
        "gzip": (b"\x1f\x8b\x08\0\0", "This is a gzip archive"),
        "a document in a zip": (as_zip({"word/document.xml": b"<w/>"}), "This is a ZIP archive without arrays"),
        "one byte": (b"\x01", "This is an unknown kind of file, 1 byte; weights come"),
        "one array": (as_npy(np.ones((2, 2))), "one unnamed array; save all arrays by name with numpy.savez"),
        "zeros": (bytes(1000), "This is an unknown kind of file, 1000 bytes"),
        "too large": (lambda: bytes(100_000_000), "larger than the limit of 4 MiB"),
        "zip bomb": (zipped_zeros, "unpacks to more than the limit of 4 MiB"),
        "zip bomb in parts": (
            as_zip({f"{n}.npy": bytes(500_000) for n in range(20)}),
            "unpacks to more than the limit",
        ),
        "zip that lies: small": (lambda: lying_zip(1000), "'weight_hh_l0.npy' in the file is damaged, or its size"),
        "zip that lies: just below": (
            lambda: lying_zip(weights.MAX_BYTES),
            "is damaged, or its size is not the stated one",
        ),
        "many members": (
            as_zip({f"{n}.npy": b"" for n in range(5000)}),
            "holds 5000 arrays, more than the limit of 100",
        ),
        "cut off": (whole[: len(whole) // 2], "damaged or cut-off zip"),
        "only a beginning": (whole[:4], "damaged or cut-off zip"),
        "one bit turned": (
            whole.replace(GOOD["bias_hh_l0"].tobytes(), bytes(64)),
            "'bias_hh_l0.npy' in the file is dam",
        ),
        "another compression": (as_zip({member: as_npy(np.eye(2))}, zipfile.ZIP_LZMA), "is damaged, or its size"),
        "a foreign member": (
            as_zip({member: as_npy(np.eye(2)), "readme.txt": b"hello"}),
            "holds 'readme.txt', which is no array of an .npz",
        ),
        "no array inside": (as_zip({member: b"hello"}), "'weight_hh_l0' in the file is no readable array"),
        "huge shape": (
            as_zip({member: lying_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 1000)}")}),
            "'weight_hh_l0' in the file states shape .1000000000000, 1000., which its bytes do not fill",
        ),
        "shape that overflows to 0": (
            as_zip({member: lying_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}")}),
            "states shape .4294967296, 4294967296., which its bytes do not fill",
        ),
        "negative shape": (
            as_zip({member: lying_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -2)}", bytes(16))}),
            r"states shape \(-1, -2\), which its bytes do not fill",
        ),
        "code for a header": (as_zip({member: lying_npy("__import__('os')")}), "is no readable array"),
        "deep header": (as_zip({member: lying_npy("(" * 9000)}), "is no readable array"),
        "structured": (as_npz({"weight_hh_l0": np.zeros(2, dtype=[("a", "f8")])}), "not real numbers"),
        "complex": (as_npz({"weight_hh_l0": np.zeros((2, 2), dtype=complex)}), "type 'complex128', not real numbers"),
        "text for numbers": (as_npz(GOOD | {"weight_hh_l0": np.full((8, 2), "1")}), "does not hold real numbers"),
        "a directory": (as_zip({member: as_npy(np.eye(2)), "weights/": b""}), "which is no array of an .npz file"),
        "header beyond the end": (
            as_safetensors("{}", stated=2**63),
            "states a header of 9223372036854775808 bytes, but",
        ),
        "header of 256 bytes more": (
            as_safetensors("{}", stated=258),
            "states a header of 258 bytes, but holds only 2",
        ),
        "header not JSON": (as_safetensors("{weight}"), "damaged, or no .safetensors file"),
        "header with lists": (as_safetensors('{"a":[1,2]}'), "damaged, or no .safetensors file"),
        "overlapping offsets": (
            as_safetensors(f'{{"a":{tensor(0, 16)},"b":{tensor(8, 24)}}}', bytes(24)),
            "damaged, or no .safetensors file",
        ),
        "offsets beyond the end": (as_safetensors(f'{{"a":{tensor(0, 16)}}}', bytes(8)), "damaged, or no .safetensors"),
        "offsets backward": (as_safetensors(f'{{"a":{tensor(16, 0)}}}', bytes(16)), "damaged, or no .safetensors file"),
        "shape that overflows": (
            as_safetensors(f'{{"a":{tensor(0, 16, "[4294967296,4294967296,2]")}}}', bytes(16)),
            "damaged, or no .safetensors file",
        ),
        "bytes left over": (as_safetensors(f'{{"a":{tensor(0, 16)}}}', bytes(17)), "damaged, or no .safetensors file"),
        "bfloat16": (
            as_safetensors(f'{{"weight_hh_l0":{tensor(0, 4, dtype="BF16")}}}', bytes(4)),
            "holds values of type BF16; save them as float32 or float64",
        ),
    }


HOSTILE = hostile_files()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_and_broken_files(name):
    content, message = HOSTILE[name]
    assert_refused(content() if callable(content) else content, message)


def test_a_zip_that_lies_unpacks_no_more_than_it_stated():
    # the true checksum of the part that is read: only the size is a lie
    content = as_npy(np.ones((8, 2)))
    data = bytearray(as_zip({"weight_hh_l0.npy": content + bytes(100_000_000)}))
    for place, crc, size in ((data.index(b"PK\x03\x04"), 14, 22), (data.index(b"PK\x01\x02"), 16, 24)):
        struct.pack_into("<I", data, place + crc, zlib.crc32(content))
        struct.pack_into("<I", data, place + size, len(content))
    assert_refused(bytes(data), "lacks 'weight_ih_l0'")


def test_a_member_twice():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("a.npy", as_npy(1.0))
        archive.writestr("a.npy", as_npy(2.0))
    assert_refused(file.getvalue(), "holds 'a.npy' twice")


def test_the_limit_is_exact():
    data = as_npz(GOOD)
    assert len(weights.load(data, largest=len(data)).layers) == 1
    assert_refused(data, f"larger than the limit of {len(data) - 1} bytes", largest=len(data) - 1)


def test_what_cannot_be_read_at_all(tmp_path):
    for source, message in (
        (tmp_path / "nothing", "The file cannot be read: No such file or directory."),
        (tmp_path, "The file cannot be read: Is a directory."),
        ("a\0b", "The file cannot be read: embedded null"),
        (io.StringIO("text"), "The file object gives text; open it in binary mode."),
        (7, "file must be a path, bytes or a binary file object, got 7."),
        (None, "file must be a path, bytes or a binary file object, got None."),
        ("/dev/zero", "The file is larger than the limit of 4 MiB."),
    ):
        with pytest.raises(WeightsError, match=message):
            weights.load(source)


@pytest.mark.parametrize("largest", [0, -1, 1.5, None])
def test_the_limit_itself_is_checked(largest):
    with pytest.raises(ValueError, match="largest must be a whole number of at least 1"):
        weights.load(b"", largest=largest)


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_a_damaged_file_is_refused_or_loads(data):
    whole = bytearray(FORMATS[data.draw(st.sampled_from(sorted(FORMATS)))](state_dict("gru", 1, 1, readout=1)))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        loaded = weights.load(bytes(whole[: data.draw(st.integers(1, len(whole)))]))
    except WeightsError as error:
        assert str(error).endswith(".")
    else:
        assert np.isfinite(loaded.layers[0].params.U).all()


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"\x02\0\0\0\0\0\0\0{"]))
def test_noise_is_refused(noise, beginning):
    with pytest.raises(WeightsError):
        weights.load(beginning + noise)
