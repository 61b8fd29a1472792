"""Records what torchvision, Pillow and OpenCV make of three small pictures, for tests/transforms.test.ts.

Needs Debian 12's python3-torchvision (0.14), python3-pil and python3-opencv (4.6):

    /usr/bin/python3 tests/transforms/make-fixtures.py > tests/transforms/fixtures.json

Every case names our call (a maker of nabla/transforms and its arguments) beside the result of theirs. Values are base64: bytes, or little-endian
float32.
"""
import base64
import json
import warnings

import cv2
import numpy as np
import torch
import torchvision.transforms.functional as F
from PIL import Image
from torchvision.transforms import InterpolationMode as Mode

warnings.filterwarnings("ignore")


def picture(channels, height, width, seed):
    """Waves, an edge and some noise, as bytes."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    planes = [
        120 + 70 * np.sin(6 * x + 2 * c + 4 * y) + 40 * (x + y * (c + 1) > 0.9) + rng.normal(0, 12, (height, width))
        for c in range(channels)
    ]
    return np.clip(np.stack(planes), 0, 255).astype(np.uint8)


pictures = {"rgb": picture(3, 13, 17, 1), "grey": picture(1, 11, 8, 2), "large": picture(1, 64, 72, 3)}


def kept(values):
    values = np.ascontiguousarray(values)
    return {"shape": list(values.shape), "data": base64.b64encode(values.tobytes()).decode()}


cases = []


def case(call, args, theirs, names=("rgb", "grey"), kinds=("uint8", "float32")):
    for name in names:
        for kind in kinds:
            tensor = torch.from_numpy(pictures[name].copy())
            result = theirs(tensor if kind == "uint8" else tensor.float() / 255)
            cases.append({"call": call, "args": args, "picture": name, "kind": kind, "result": kept(np.asarray(result))})


sizes = [[7, 9], [20, 31], [13, 5], [1, 1]]
for size in sizes:
    case("resize", [size, {"interpolation": "nearest"}], lambda t: F.resize(t, size, Mode.NEAREST))
    upsample = lambda mode: lambda t: torch.nn.functional.interpolate(t[None], size, mode=mode)[0]
    case("resize", [size, {"interpolation": "nearest-exact"}], upsample("nearest-exact"))
    case("resize", [size, {"interpolation": "area"}], upsample("area"), kinds=["float32"])
    for name, mode in [("bilinear", Mode.BILINEAR), ("bicubic", Mode.BICUBIC)]:
        for antialias in [False, True]:
            options = {"interpolation": name, "antialias": antialias}
            case("resize", [size, options], lambda t: F.resize(t, size, mode, antialias=antialias))

    def lanczos(t):
        planes = [Image.fromarray(plane.numpy()).resize((size[1], size[0]), Image.LANCZOS) for plane in t]
        return np.stack([np.asarray(plane) for plane in planes])

    case("resize", [size, {"interpolation": "lanczos"}], lanczos, kinds=["uint8"])
case("resize", [8], lambda t: F.resize(t, [8], antialias=True))
case("resize", [10, {"maxSize": 12}], lambda t: F.resize(t, [10], max_size=12, antialias=True))
case("centerCrop", [[8, 5]], lambda t: F.center_crop(t, [8, 5]))
case("centerCrop", [[20, 6]], lambda t: F.center_crop(t, [20, 6]))
case("crop", [-2, 3, 9, 12], lambda t: F.crop(t, -2, 3, 9, 12))
for mode in ["constant", "edge", "reflect", "symmetric"]:
    case("pad", [[3, 1, 2, 4], {"paddingMode": mode}], lambda t: F.pad(t, [3, 1, 2, 4], padding_mode=mode), kinds=["uint8"])
case("horizontalFlip", [], F.hflip)
case("verticalFlip", [], F.vflip)

for name, mode in [("nearest", Mode.NEAREST), ("bilinear", Mode.BILINEAR)]:
    for angle in [33, -77.5, 180]:
        case("rotate", [angle, {"interpolation": name}], lambda t: F.rotate(t, angle, mode))
        case("rotate", [angle, {"interpolation": name, "expand": True}], lambda t: F.rotate(t, angle, mode, expand=True))
    case("rotate", [20, {"interpolation": name, "center": [3, 2]}], lambda t: F.rotate(t, 20, mode, center=[3, 2]))
    options = {"angle": 25, "translate": [2, -1], "scale": 1.3, "shear": [10, -5], "interpolation": name}
    case("affine", [options], lambda t: F.affine(t, 25, [2, -1], 1.3, [10, -5], mode))
    options = {"scale": 0.6, "shear": 20, "interpolation": name, "center": [0, 0]}
    case("affine", [options], lambda t: F.affine(t, 0, [0, 0], 0.6, [20, 0], mode, center=[0, 0]))
    start, end = [[0, 0], [7, 0], [7, 10], [0, 10]], [[1, 2], [6, 0], [7, 9], [0, 7]]
    case("perspective", [start, end, {"interpolation": name}], lambda t: F.perspective(t, start, end, mode))
case("rotate", [33, {"fill": 7}], lambda t: F.rotate(t, 33, fill=[7]), kinds=["uint8"])

for factor in [0, 0.3, 1, 1.7]:
    case("adjustBrightness", [factor], lambda t: F.adjust_brightness(t, factor))
    case("adjustContrast", [factor], lambda t: F.adjust_contrast(t, factor))
    case("adjustSaturation", [factor], lambda t: F.adjust_saturation(t, factor))
    case("adjustSharpness", [factor], lambda t: F.adjust_sharpness(t, factor))
for shift in [-0.5, -0.1, 0.25]:
    case("adjustHue", [shift], lambda t: F.adjust_hue(t, shift))
case("grayscale", [], F.rgb_to_grayscale)
case("grayscale", [3], lambda t: F.rgb_to_grayscale(t, 3), names=["rgb"])
for gamma, gain in [(2.2, 1), (0.5, 1.2), (0, 0.5)]:
    case("adjustGamma", [gamma, gain], lambda t: F.adjust_gamma(t, gamma, gain))
case("invert", [], F.invert)
case("posterize", [3], lambda t: F.posterize(t, 3), kinds=["uint8"])
case("solarize", [128], lambda t: F.solarize(t, 128), kinds=["uint8"])
case("solarize", [0.4], lambda t: F.solarize(t, 0.4), kinds=["float32"])
case("autocontrast", [], F.autocontrast)
case("equalize", [], F.equalize, names=["rgb", "grey", "large"], kinds=["uint8"])
case("gaussianBlur", [3, 0.8], lambda t: F.gaussian_blur(t, [3, 3], [0.8, 0.8]))
case("gaussianBlur", [[7, 5], 1.5], lambda t: F.gaussian_blur(t, [7, 5], [1.5, 1.5]))
case("erase", [2, 1, 5, 4, 9], lambda t: F.erase(t, 2, 1, 5, 4, torch.tensor([9]).to(t.dtype)))
case("normalize", [[0.4, 0.5, 0.6], [0.2, 0.3, 0.25]], lambda t: F.normalize(t, [0.4, 0.5, 0.6], [0.2, 0.3, 0.25]), ["rgb"], ["float32"])
case("toFloat", [], lambda t: F.convert_image_dtype(t, torch.float32))
case("toBytes", [], lambda t: F.convert_image_dtype(t, torch.uint8))
for limit, grid in [(40, [8, 8]), (2, [8, 8]), (3, [4, 3]), (0, [2, 5])]:
    clahe = cv2.createCLAHE(limit, (grid[1], grid[0]))
    case("clahe", [limit, grid], lambda t: clahe.apply(t[0].numpy())[None], ["grey", "large"], ["uint8"])

print(json.dumps({"pictures": {name: kept(values) for name, values in pictures.items()}, "cases": cases}))
