"""What real Keras makes of end2end's networks, for `tests/test_keras_h5.py` to hold us to.

Run, in an environment of its own (pip install tensorflow-cpu==2.21 tf_keras==2.21):

    python tests/golden/make_end2end.py                    # all of tests/golden/end2end/
    python tests/golden/make_end2end.py NAME --save FILE   # one network as Keras saves it

Values are drawn from a seed and the layer's and the weight's names alone (`draw`), so that the
goldens hold a hash of them and no more. What is fitted to the images stands in the golden: a power
of two for every layer, by which the values follow what reaches them, as those of a trained network
do, and of the last layer the signs and the bias.
"""

import argparse
import hashlib
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).with_name("end2end")
ROWS, COLUMNS = 1152, 896
MEAN = 52.18
SEED = 20190829
NAMES = {
    "resnet50_padded": ("resnet50", "padded", "[512-512-1024]x2"),
    "resnet50_same": ("resnet50", "same", "[512-512-1024]x2"),
    "vgg16": ("vgg16", "", "512x1"),
    "vgg16_hybrid": ("vgg16", "", "[512-512-1024]x2"),
    "oddments": ("", "", ""),
}
SIZES = {"oddments": (37, 41)}
N_IMAGES = 2


def draw(layer: str, weight: str, shape: tuple[int, ...], scale: float) -> np.ndarray:
    """Return the float32 values of a layer's weight; uniform ones, by what the weight is.

    Kernels have He's variance, scales and variances lie in 0.5 to 1.5, biases, shifts and means
    in +-0.25. ``scale`` divides kernels, and multiplies batch statistics. Half of a kernel's
    input channels mirror the others with the opposite sign, so that what all channels share does
    not drown what tells images apart, layer after layer.
    """
    entropy = hashlib.sha256(f"{SEED}/{layer}/{weight}".encode()).digest()
    uniform = np.random.default_rng(list(entropy)).random(shape, dtype=np.float32)
    match weight:
        case "kernel":
            half = shape[-2] // 2
            values = (uniform - np.float32(0.5)) * np.float32((24 / np.prod(shape[:-1])) ** 0.5)
            if half >= 4:
                values[..., half : 2 * half, :] = -values[..., :half, :][..., ::-1, :]
            return values / np.float32(scale)
        case "moving_variance":
            return (uniform + np.float32(0.5)) * np.float32(scale**2)
        case "moving_mean":
            return (uniform - np.float32(0.5)) * np.float32(scale / 2)
        case "gamma":
            return uniform + np.float32(0.5)
        case _:
            return (uniform - np.float32(0.5)) / np.float32(2)


def last_kernel(kernel: np.ndarray, signs: str) -> np.ndarray:
    """Return the last layer's kernel, (n, 2), so that it tells the images apart.

    ``signs`` are n bits, hexadecimal: whether a feature is larger in the second image.
    """
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(signs), np.uint8))[: len(kernel)]
    ways = np.where(bits, np.float32(1), np.float32(-1))
    return np.abs(kernel) * ways[:, None] * np.float32([-1, 1])


def image(name: str, number: int) -> np.ndarray:
    """Return a network's image (rows, columns), uint16: patches of random brightness, and noise.

    The first is dim and noisy, the second bright and smooth, so that the networks, whose values
    are random, tell them apart.
    """
    generator = np.random.default_rng([SEED, number])
    brightness, noise = ((20000, 45000), (60000, 5000))[number]
    coarse = generator.integers(0, brightness, (9, 7))
    fine = generator.integers(0, noise, (ROWS, COLUMNS))
    rows, columns = SIZES.get(name, (ROWS, COLUMNS))
    whole = np.kron(coarse, np.ones((128, 128), int)) + fine
    return whole[:rows, :columns].astype(np.uint16)


def keras_input(grey: np.ndarray) -> np.ndarray:
    """Return Keras's input (1, rows, columns, 3) of a grey image of 16 bits."""
    values = grey.astype(np.float32) / np.float32(65535) * np.float32(255) - np.float32(MEAN)
    return np.repeat(values[None, :, :, None], 3, axis=3)


def fingerprint(tensors: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 of arrays: names, shapes and little-endian float32 values."""
    digest = hashlib.sha256()
    for name, values in tensors.items():
        digest.update(f"{name} {values.shape};".encode())
        digest.update(np.ascontiguousarray(values, "<f4").tobytes())
    return digest.hexdigest()


# What follows needs Keras.


def build(name: str):
    """Return a network as Keras has it: a nested backbone, blocks, and a dense layer."""
    from tf_keras import Input, Model, layers

    if name == "oddments":
        return oddments(*SIZES[name])
    backbone, stem, top = NAMES[name]
    patch = Input((None, None, 3))
    body = Model(patch, vgg16(patch) if backbone == "vgg16" else resnet50(patch, stem))
    whole = Input((ROWS, COLUMNS, 3))
    x = body(whole)
    if top == "512x1":
        for _ in range(2):
            x = layers.Conv2D(512, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
            x = layers.Activation("relu")(x)
            x = layers.Dropout(0.0)(x)
            x = layers.MaxPooling2D(2)(x)
    else:
        for stride in (2, 1, 2, 1):
            x = top_bottleneck(x, stride)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.0)(x)
    return Model(whole, layers.Dense(2, activation="softmax")(x))


def oddments(rows: int, columns: int):
    """Return a small network of what the others lack: odd sizes, and layers without some values."""
    from tf_keras import Input, Model, layers

    patch = Input((None, None, 3))
    x = layers.Conv2D(8, 5, strides=3, padding="same", use_bias=False)(patch)
    x = layers.BatchNormalization(scale=False, epsilon=0.01)(x)
    x = layers.Activation("relu")(x)
    x = layers.ZeroPadding2D(((1, 0), (2, 3)))(x)
    x = layers.MaxPooling2D(3, 2, padding="same")(x)
    y = layers.Conv2D(8, (2, 3), padding="same", activation="relu")(x)
    y = layers.Conv2D(8, 1, activation="linear")(y)
    x = layers.add([x, layers.BatchNormalization(center=False)(y), y])
    whole = Input((rows, columns, 3))
    x = layers.AveragePooling2D((2, 3), strides=(1, 2))(Model(patch, x)(whole))
    x = layers.Dense(5, activation="relu", use_bias=False)(layers.Flatten()(x))
    return Model(whole, layers.Activation("softmax")(layers.Dense(2)(x)))


def vgg16(x):
    from tf_keras import layers

    for block, (depth, n) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 1):
        for number in range(1, n + 1):
            name = f"block{block}_conv{number}"
            x = layers.Conv2D(depth, 3, padding="same", activation="relu", name=name)(x)
        x = layers.MaxPooling2D(2, 2, name=f"block{block}_pool")(x)
    return x


def resnet50(x, stem: str):
    from tf_keras import layers

    if stem == "padded":
        x = layers.ZeroPadding2D(3)(x)
    padding = "valid" if stem == "padded" else "same"
    x = layers.Conv2D(64, 7, strides=2, padding=padding, name="conv1")(x)
    x = layers.BatchNormalization(axis=3, name="bn_conv1")(x)
    x = layers.Activation("relu")(x)
    x = layers.MaxPooling2D(3, 2)(x)
    for stage, (depth, n) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), 2):
        for unit in range(n):
            stride = 2 if unit == 0 and stage > 2 else 1
            x = bottleneck(x, depth, stride, f"{stage}{'abcdef'[unit]}", unit == 0)
    return x


def bottleneck(x, depth: int, stride: int, name: str, projected: bool):
    from tf_keras import layers

    y = x
    for letter, factor, kernel in (("a", 1, 1), ("b", 1, 3), ("c", 4, 1)):
        branch = f"{name}_branch2{letter}"
        y = layers.Conv2D(
            depth * factor,
            kernel,
            strides=stride if letter == "a" else 1,
            padding="same" if letter == "b" else "valid",
            name=f"res{branch}",
        )(y)
        y = layers.BatchNormalization(axis=3, name=f"bn{branch}")(y)
        if letter != "c":
            y = layers.Activation("relu")(y)
    if projected:
        x = layers.Conv2D(4 * depth, 1, strides=stride, name=f"res{name}_branch1")(x)
        x = layers.BatchNormalization(axis=3, name=f"bn{name}_branch1")(x)
    return layers.Activation("relu")(layers.add([y, x]))


def top_bottleneck(x, stride: int):
    from tf_keras import layers

    y = x
    for depth, kernel, step in ((512, 1, stride), (512, 3, 1), (1024, 1, 1)):
        y = layers.Conv2D(depth, kernel, strides=step, padding="same")(y)
        y = layers.BatchNormalization()(y)
        if depth == 512:
            y = layers.Activation("relu")(y)
            y = layers.Dropout(0.0)(y)
    if stride == 2:
        x = layers.Conv2D(1024, 1, strides=2, padding="same")(x)
        x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(layers.add([y, x]))
    return layers.Dropout(0.0)(x)


def nested(model):
    (body,) = (layer for layer in model.layers if hasattr(layer, "layers"))
    return body


def give_values(layer, scale: float) -> None:
    names = [weight.name.rpartition("/")[2].removesuffix(":0") for weight in layer.weights]
    layer.set_weights(
        [
            draw(layer.name, name, tuple(weight.shape), scale)
            for name, weight in zip(names, layer.weights, strict=True)
        ]
    )


def fit(name: str, model) -> dict:
    """Give a network its values; return what of them is fitted to the images.

    ``scales``, the power of two of each layer: a kernel's brings the standard deviation of the
    layer's output near 1, that of batch statistics is the standard deviation of their input, the
    last layer's brings the log-odds of the images apart by about 2. ``signs`` and ``bias`` are of
    the last layer.
    """
    from tf_keras import Model

    scales: dict[str, float] = {}
    body, dense = nested(model), [layer for layer in model.layers if layer.weights][-1]
    pictures = [keras_input(image(name, number)) for number in range(N_IMAGES)]
    behind = model.layers[2].input
    for graph, entry, pixels in (
        (body, body.input, lambda: pictures[0][:, ::3, ::3]),
        (model, behind, lambda: body(pictures[0])),
    ):
        values = pixels()
        for layer in graph.layers:
            if layer in (body, dense) or not layer.weights:
                continue
            give_values(layer, 1.0)
            is_norm = type(layer).__name__ == "BatchNormalization"
            found = layer.input if is_norm else layer.output
            output = values if found is entry else Model(entry, found)(values, training=False)
            scales[layer.name] = float(2.0 ** np.round(np.log2(np.std(output))))
            give_values(layer, scales[layer.name])
    features = Model(model.input, dense.input)
    pooled = np.concatenate([features(picture).numpy() for picture in pictures])
    signs = np.packbits(pooled[1] > pooled[0]).tobytes().hex()
    kernel = last_kernel(draw(dense.name, "kernel", dense.kernel.shape, 1.0), signs)
    log_odds = pooled @ kernel @ [-1, 1]
    scale = float(2.0 ** np.round(np.log2(np.ptp(log_odds) / 2)))
    bias = [0.125, float(np.round((0.375 - log_odds.mean() / scale) * 64) / 64)]
    dense.set_weights([kernel / np.float32(scale), np.float32(bias)])
    print(f"{name}: log-odds without bias {log_odds / scale}")
    return {"scales": {**scales, dense.name: scale}, "signs": signs, "bias": bias}


def groups(path: Path) -> list:
    """Return [layer, [[weight, shape], ...]] of the groups of a file, in the file's order."""
    import h5py

    with h5py.File(path) as file:
        weights = file["model_weights"]
        return [
            [name, [[w, list(weights[name][w].shape)] for w in weights[name].attrs["weight_names"]]]
            for name in weights.attrs["layer_names"]
        ]


def tensors(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a file by layer and weight name, in the file's order."""
    import h5py

    with h5py.File(path) as file:
        weights = file["model_weights"]
        return {
            f"{group} {name}": weights[group][name][()]
            for group, members in groups(path)
            for name, _ in members
        }


def as_keras_2_0(layer: dict) -> dict:
    """Return a layer, or a whole network, in the words of Keras 2.0.x."""
    since = {"dtype", "groups", "keepdims", "ragged", "optional", "noise_shape", "seed"}
    config = {k: v for k, v in layer["config"].items() if k not in since}
    if layer["class_name"] == "InputLayer":
        config["dtype"] = "float32"
    if layer["class_name"] == "BatchNormalization":
        config["axis"] = 3 if config["name"].startswith("bn") else -1
    if layer["class_name"] == "Functional":
        config.pop("trainable", None)
        config["layers"] = [as_keras_2_0(inner) for inner in config["layers"]]
    for key, value in config.items():
        if key.endswith("_initializer"):
            value = {"class_name": value["class_name"], "config": value["config"]}
            if value["class_name"] == "GlorotUniform":
                value["class_name"] = "VarianceScaling"
                value["config"] = {
                    "scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None
                }  # fmt: skip
            config[key] = value
    renamed = {"Functional": "Model"}.get(layer["class_name"], layer["class_name"])
    kept = {key: layer[key] for key in ("name", "inbound_nodes") if key in layer}
    return {**kept, "class_name": renamed, "config": config}


def save(name: str, path: Path) -> dict:
    """Write a network as Keras does; return what `fit` does, and the probabilities."""
    import tf_keras

    tf_keras.backend.clear_session()
    model = build(name)
    fitted = fit(name, model)
    model.save(path, save_format="h5")
    saved = tf_keras.models.load_model(path, compile=False)
    found = [
        saved.predict(keras_input(image(name, i)), verbose=0)[0].tolist() for i in range(N_IMAGES)
    ]
    return {**fitted, "probabilities": found}


def write_golden(name: str, folder: Path) -> None:
    import h5py

    path = folder / f"{name}.h5"
    fitted = save(name, path)
    with h5py.File(path) as file:
        config, version = json.loads(file.attrs["model_config"]), file.attrs["keras_version"]
    golden = {
        "keras_version": version,
        "model_config": config,
        "model_config_2_0": as_keras_2_0(config),
        "groups": groups(path),
        **fitted,
        "sha256": fingerprint(tensors(path)),
    }
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(golden, separators=(",", ":")).encode()
    (FOLDER / f"{name}.json").write_bytes(text)
    print(f"{name}: {fitted['probabilities']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES)
    parser.add_argument("--save", type=Path)
    arguments = parser.parse_args()
    if arguments.save:
        save(arguments.name, arguments.save)
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in [arguments.name] if arguments.name else NAMES:
            write_golden(name, Path(folder))


if __name__ == "__main__":
    main()
