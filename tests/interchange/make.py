"""Makes the files beside this one with NumPy and Pillow, so that readers are held against what others write.

Run once: python make.py (numpy 2.4, pillow 13, safetensors 0.8). Not needed for the tests.
"""
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

here = pathlib.Path(__file__).parent
six = np.arange(1, 7, dtype="<f4").reshape(2, 3)


def npy(name, array, version=None):
    with open(here / f"{name}.npy", "wb") as file:
        np.lib.format.write_array(file, array, version=version)


npy("f4", six)
npy("f4_version2", six, (2, 0))
npy("f4_version3", six, (3, 0))
npy("f8_fortran", np.asfortranarray(np.arange(24, dtype="<f8").reshape(2, 3, 4)))
npy("i2_big_endian", np.array([1, -2, 300], dtype=">i2"))
npy("f4_big_endian", np.array([1.5, -2.25], dtype=">f4"))
npy("f2", np.array([0.5, -2.0, 65504.0, 2.0**-24], dtype="<f2"))
npy("i1", np.array([-128, 127], dtype="i1"))
npy("u8", np.array([0, 2**64 - 1], dtype="<u8"))
npy("i8", np.array([-(2**63), 2**53 + 1], dtype="<i8"))
npy("bool", np.array([[True, False]]))
npy("scalar", np.array(2.5, dtype="<f4"))
npy("empty", np.zeros((0, 3), dtype="<f4"))
npy("complex", np.zeros(2, dtype="<c8"))
npy("text", np.array(["cat"]))
npy("fields", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
with open(here / "object.npy", "wb") as file:
    np.lib.format.write_array(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)

save_file({"b.weight": six, "a.bias": np.array([1, 2], dtype="<f2"), "c": np.array([1e-3], dtype="<f8")}, here / "weights.safetensors")

# A picture with no symmetry: 37 columns, 23 rows.
rows, columns = np.mgrid[0:23, 0:37]
rgb = np.stack([rows * 11, columns * 6, (rows * columns * 7) % 256], axis=2).astype(np.uint8)
picture = Image.fromarray(rgb)
for extension in ["png", "bmp", "ppm"]:
    picture.save(here / f"rgb.{extension}")
picture.save(here / "rgb.jpg", quality=90)
picture.save(here / "progressive.jpg", quality=90, progressive=True)
picture.convert("L").save(here / "grey.png")
picture.convert("L").save(here / "grey.jpg", quality=90)
picture.convert("CMYK").save(here / "cmyk.jpg")
picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=16).save(here / "palette.png")
Image.fromarray(np.array([[0, 13107, 65535]], dtype=np.uint16)).save(here / "grey16.png")
Image.fromarray(np.array([[[200, 100, 50, 255], [200, 100, 50, 51], [200, 100, 50, 0]]], dtype=np.uint8)).save(here / "rgba.png")
Image.fromarray(np.array([[[200, 255], [200, 51]]], dtype=np.uint8)).save(here / "grey_alpha.png")


def resized(size, box=None):
    planes = [Image.fromarray(rgb[:, :, c].astype(np.float32)).resize(size, Image.Resampling.BILINEAR) for c in range(3)]
    out = np.stack([np.asarray(plane) for plane in planes]) / 255
    return out if box is None else out[:, box[0] : box[0] + box[2], box[1] : box[1] + box[3]]


npy("stretched", resized((16, 12)).astype("<f4"))
npy("enlarged", resized((50, 40)).astype("<f4"))
# Shorter side 23 to 16, so 25 x 16; then the middle 14 x 14: from round(1) and round(5.5) = 6, as torchvision rounds.
npy("cropped", resized((25, 16), (1, 6, 14, 14)).astype("<f4"))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0))
(here / "bomb.png").write_bytes(bomb + chunk(b"IDAT", zlib.compress(bytes(1 << 20), 9)) + chunk(b"IEND", b""))

# A palette that ends in the middle of a colour, with the checksum of what it holds.
whole = (here / "palette.png").read_bytes()
at = whole.index(b"PLTE")
end = at + 4 + struct.unpack(">I", whole[at - 4 : at])[0]
(here / "part_of_a_colour.png").write_bytes(whole[: at - 4] + chunk(b"PLTE", whole[at + 4 : end] + b"\0") + whole[end + 4 :])
