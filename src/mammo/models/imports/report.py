"""What is there of the six models' weights, and how to get what is not, as text."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mammo.errors import WeightsError
from mammo.models import MODELS, imports
from mammo.models.releases import RELEASES, Release, releases_of
from mammo.models.weights import imagenet_file

_HEADINGS = ("MODEL", "WEIGHTS", "STATE", "FILE", "SHA-256", "TRAINED ON", "LICENCE")
_DIGITS = 12


@dataclass(frozen=True)
class _Entry:
    """A row of the table but for the model; what to do about it, under a heading, if anything."""

    cells: tuple[str, ...]
    heading: str = ""
    remedy: str = ""


def describe(path: Path) -> str:
    """Say what a file of the library is: its source, training, terms, checksums and place."""
    facts = imports.read_record(path)
    card = RELEASES[facts["release"]]
    flips = f", {card.auroc_flips} over four flips" if card.auroc_flips else ""
    rows = {
        "source": f"{facts['file']}, SHA-256 {facts['file_sha256']}",
        "network": f"{card.backbone}, {card.top}",
        "input": card.preprocessing,
        "trained on": f"{', '.join(facts['trained_on'])}: {facts['split']}",
        "published": f"auROC {card.auroc} on {card.auroc_on}{flips}",
        "licence": f"{facts['licence']}; see {card.page}",
        "tensors": f"SHA-256 {facts['sha256']}",
        "put at": str(path),
    }
    lines = [f"  {name:<11} {text}" for name, text in rows.items()]
    return "\n".join([f"{card.name}: weights of {MODELS[card.model].title}", *lines])


def listing(folder: Path) -> str:
    """Return the table of all weights, there or not, and below it how to get the absent ones.

    Checksums are those of the source files: of ImageNet's weights computed now, of imported ones
    as recorded when they were imported. Nothing is fetched.
    """
    rows = [_HEADINGS]
    remedies: dict[str, list[str]] = {}
    for model in MODELS:
        entries = [_released(card, folder) for card in releases_of(model)] or [_imagenet(model)]
        for number, entry in enumerate(entries):
            rows.append(("" if number else model, *entry.cells))
            if entry.heading:
                remedies.setdefault(entry.heading, []).append(f"  {entry.remedy}")
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    for heading, lacking in remedies.items():
        lines += ["", heading, *lacking]
    return "\n".join([f"Imported weights are in {folder}", "", *lines])


def _released(card: Release, folder: Path) -> _Entry:
    place = imports.location(folder, card.name)
    terms = (", ".join(card.trained_on), card.licence)
    if not place.is_file():
        heading = f"To be had by way of {card.page}, then 'mammo weights import FILE':"
        return _Entry((card.name, "absent", card.file, "", *terms), heading, card.file)
    try:
        facts = imports.read_record(place)
    except WeightsError as error:
        return _Entry((card.name, "damaged", "", "", *terms), "Damaged:", str(error))
    state = f"imported {facts['imported']}"
    terms = (", ".join(facts["trained_on"]), facts["licence"])
    return _Entry((card.name, state, facts["file"], facts["file_sha256"][:_DIGITS], *terms))


def _imagenet(model: str) -> _Entry:
    """Return the entry of ImageNet's weights, from which a model of ours starts."""
    source, path = MODELS[model].weights, imagenet_file(model)
    name, terms = "ImageNet-1K V1", ("ImageNet", source.licence)
    if not path.is_file():
        heading = "Fetched when a run needs it, or put there by hand:"
        remedy = f"{source.url} -> {path}"
        return _Entry((name, "absent", path.name, "", *terms), heading, remedy)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    cells = (path.name, digest[:_DIGITS], *terms)
    if not digest.startswith(source.sha256):
        remedy = f"{path}: SHA-256 should start with {source.sha256}; delete the file"
        return _Entry((name, "damaged", *cells), "Damaged:", remedy)
    return _Entry((name, "in torch's cache", *cells))
