"""YAML files of parameters."""

from collections.abc import Iterator
from pathlib import Path

from mammo.parameters import Parameters, sources

from .case import Case, Kind, Original
from .mutations import flipped, foreign, truncated

TEXT = """\
# a comment
seed: 7
n_bootstrap: 500
models: [alexnet, vgg16]
aspect: pad
phantom_scale: 0.1
fine_tune: false
"""
WHOLE = Original("parameters", "study.yaml", TEXT.encode())


def _bomb(levels: int) -> str:
    """Lists of lists that share their parts: ten to the power of the levels, when written out."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, levels):
        parts = ", ".join([f"*a{level - 1}"] * 10)
        lines.append(f"a{level}: &a{level} [{parts}]")
    return "\n".join(lines)


def _merged(levels: int) -> str:
    """Mappings that are merged into one another, ten times each."""
    lines = ["m0: &m0 {x: 1}"]
    for level in range(1, levels):
        parts = ", ".join([f"*m{level - 1}"] * 10)
        lines.append(f"m{level}: &m{level} {{<<: [{parts}]}}")
    return "\n".join(lines)


REFUSED = {
    "lists that unfold without end": _bomb(12),
    "a value that unfolds without end": _bomb(12) + "\nmodels: *a11",
    "mappings that unfold without end": _merged(12),
    "a list that holds itself": "models: &a [*a]",
    "an alias": "seed: &s 1\nn_bootstrap: *s",
    "an alias of nothing": "seed: *s",
    "lists nested 30000 deep": "models: " + "[" * 30_000,
    "lists nested 3000 deep and closed": "models: " + "[" * 3000 + "]" * 3000,
    "mappings nested 3000 deep": "models: " + "{a: " * 3000 + "1" + "}" * 3000,
    "nested text": f"models: '{'[' * 5000}'",
    "nested text that is closed": f"models: '{'[' * 5000 + ']' * 5000}'",
    "a number of 5000 digits": "seed: " + "9" * 5000,
    "a hexadecimal number of 5000 digits": "seed: 0x" + "f" * 5000,
    "a number of base 60": "seed: " + "59:" * 3000 + "1",
    "a date that is none": "seed: 2001-99-99",
    "a time that is none": "seed: 2001-01-01 99:99:99",
    "bytes that are none": "seed: !!binary '****'",
    "a Python object": "seed: !!python/object/apply:os.system ['true']",
    "a Python name": "seed: !!python/name:os.system",
    "an unknown tag": "seed: !x 1",
    "a set": "models: !!set {alexnet, vgg16}",
    "an ordered map": "!!omap [seed: 1]",
    "a list of keys": "? [1, 2]\n: 3",
    "a mapping as a key": "{{a: 1}: 2}",
    "a number as a name": "1: 2",
    "a name without an end": "x" * 20_000 + ": 1",
    "a name twice": "seed: 1\nseed: 2",
    "an unknown name": "sede: 1",
    "a name that a terminal obeys": '"\\e[2Jseed": 1',
    "a name of two lines": '"se\\ned": 1',
    "a value that a terminal obeys": 'aspect: "\\e[2J"',
    "a value of surrogates": 'aspect: "\\ud800"',
    "a megabyte": "x" * 2**20,
    "a megabyte of comments": "# x\n" * 2**18 + "seed: 1",
    "ten thousand names": "\n".join(f"a{number}: 1" for number in range(9000)),
    "two documents": "seed: 1\n---\nseed: 2\n",
    "a tab": "seed:\n\t1",
    "a list": "- 1\n- 2",
    "a word": "seed",
    "no value": "seed:",
    "not a number": "phantom_scale: .nan",
    "infinity": "phantom_scale: .inf",
    "minus infinity": "learning_rate: -.inf",
    "not a number as a list's": "adapt_fractions: [.nan]",
    "a huge number": "phantom_scale: 1e999",
    "a truth value": "seed: yes",
    "text": "seed: 'many'",
    "less than nothing": "seed: -1",
    "a fraction": "seed: 1.5",
    "a list for a number": "seed: [1]",
    "a mapping for a number": "seed: {a: 1}",
    "nothing for a list": "models: []",
    "an unknown model": "models: [lenet]",
    "a list in a list": "models: [[alexnet]]",
    "half of a text": "models: '[alexnet'",
    "UTF-8 that is none": b"aspect: \xff\xfe",
    "Latin-1": "aspect: Ä".encode("latin-1"),
    "UTF-16": "seed: 1".encode("utf-16"),
    "a zero byte": b"seed: 1\0",
    "a form feed": b"seed: 1\x0c",
}


def defaults(_: Parameters) -> Parameters:
    return Parameters()


def cases() -> Iterator[Case]:
    bomb = "[" + _bomb(12).replace("\n", ", ").replace("a", "b") + "]"
    for name, text in {"an alias": "[&a alexnet, *a]", "lists without end": bomb}.items():
        yield Case(f"{name} in a text", WHOLE, f"models: '{text}'".encode(), "any")
    for name, content in REFUSED.items():
        encoded = content if isinstance(content, bytes) else content.encode(errors="surrogatepass")
        yield Case(name, WHOLE, encoded, "refused")
    yield from truncated(WHOLE, range(0, len(WHOLE.content), 2), "any")
    yield from flipped(WHOLE, range(len(WHOLE.content)), "any")
    yield from (case for case in foreign(WHOLE) if not case.name.endswith("nothing in its place"))
    for name, text in {
        "nothing": "",
        "comments alone": "# a\n# b\n",
        "no document": "---\n",
    }.items():
        yield Case(name, WHOLE, text.encode(), "changed", defaults)
    yield Case("line ends of Windows", WHOLE, WHOLE.content.replace(b"\n", b"\r\n"), "same")
    yield Case("a byte order mark", WHOLE, b"\xef\xbb\xbf" + WHOLE.content, "same")


def read(path: Path) -> Parameters:
    return sources.load(path, {})


def check(parameters: Parameters) -> None:
    assert Parameters(**parameters.model_dump()) == parameters


def same(one: Parameters, other: Parameters) -> bool:
    return one == other


KIND = Kind(cases, read, check, same)
