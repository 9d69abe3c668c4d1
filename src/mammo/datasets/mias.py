"""MIAS: digitised screen film from the United Kingdom, as mini-MIAS or as version 1.21."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from platformdirs import user_cache_path

from mammo.datasets import manifest
from mammo.datasets.card import Counts, DatasetCard
from mammo.datasets.exclusions import Exclusion, Kind
from mammo.datasets.fitness import add_header_facts
from mammo.datasets.folders import candidates, index_by_name, source_of, walk
from mammo.datasets.rules import require_choice
from mammo.errors import DatasetError
from mammo.files.archives import unpack

CARD = DatasetCard(
    name="mias",
    title="MIAS",
    origin="United Kingdom",
    years="1994",
    use="Testing",
    modality="DSFM",
    licence="mini-MIAS: research only (Licence.txt); version 1.21: CC BY 2.0 UK",
    citation=(
        "Suckling J, Parker J, Dance DR, et al. The Mammographic Image Analysis Society digital "
        "mammogram database. Excerpta Medica International Congress Series 1994;1069:375-8; "
        "version 1.21 doi:10.17863/CAM.105113"
    ),
    url="http://peipa.essex.ac.uk/info/mias.html",
    how_to_get=(
        "run: mammo fetch mias",
        "or download http://peipa.essex.ac.uk/pix/mias/all-mias.tar.gz (112 MB) and put it, as it "
        "is or unpacked into mias/, under DATA_ROOT",
        "version 1.21 (https://doi.org/10.17863/CAM.105113) is read as well, from DATA_ROOT/mias/, "
        "with the Info.txt of mini-MIAS beside it",
    ),
    published=Counts(
        cases=161, images=322, images_total=322, malignant_percent=16, benign_percent=84
    ),
    released=Counts(cases=161, images=322, images_total=322, malignant=52, benign=270),
)

RULES = {"label_rule": "mias_label_rule"}
MEANS = ("cache",)


LABEL_RULES = ("any_malignant", "abnormal_only")
ARCHIVE_BOUNDS = {"max_bytes": 2**30, "max_files": 1000}
MINI_ROWS = 1024
"""Rows of a mini-MIAS image, from whose bottom left corner its coordinates count."""

_ARCHIVE_SUFFIXES = (".tar.gz", ".tgz", ".tar")
_IMAGE_NAME = re.compile(r"(?P<film>mdb(?P<number>\d{3}))(?:(?P<side>[lr])[smlx])?\.pgm", re.I)
_PATHOLOGIES = {"M": "MALIGNANT", "B": "BENIGN", None: "NORMAL"}
_FINDING = re.compile(
    r"(?P<film>mdb\d{3})\s+(?P<density>[FGD])\s+(?P<type>[A-Z]{4})"
    r"(?:\s+(?P<severity>[BM])"
    r"(?:\s+(?P<x>\d{1,4})\s+(?P<y>\d{1,4})\s+(?P<radius>\d{1,4})|\s+\*NOTE 3\*)?)?",
    re.ASCII,
)
_MOST_BYTES = 2**20
_MINI_SPACING_MM = 0.2
_FULL_SPACING_MM = 0.05


def find(data_root: Path) -> Path | None:
    """Return the folder or the archive of MIAS under the data root.

    A folder with images comes first, then an archive, then a folder without either, for `load` to
    refuse.
    """
    found = candidates(Path(data_root), ("mias*", "mini-mias*", "all-mias*"))
    folders = [path for path in found if path.is_dir()]
    filled = [
        path for path in folders if any(_IMAGE_NAME.fullmatch(file.name) for file in walk(path))
    ]
    archives = [path for path in found if path.is_file() and _is_archive(path)]
    return next(iter(filled + archives + folders), None)


def _is_archive(path: Path) -> bool:
    return path.name.lower().endswith(_ARCHIVE_SUFFIXES)


def load(
    path: Path,
    *,
    source: str = "real",
    label_rule: str = "any_malignant",
    cache: Path | None = None,
) -> pd.DataFrame:
    """Read MIAS: mini-MIAS as archive or folder, or the images of version 1.21.

    Parameters
    ----------
    path : Path
        all-mias.tar.gz, or a folder that holds it, or the images and Info.txt at any depth.
    source : {"real", "synthetic"}
        What the manifest's source column says.
    label_rule : {"any_malignant", "abnormal_only"}
        Malignant if any of the image's abnormalities is; benign and normal images are negative (the
        paper's rule), or normal ones are excluded.
    cache : Path, optional
        Where to unpack an archive, once, in a folder named by the archive's checksum; by default
        the user's cache. The data root is left as it is.

    Returns
    -------
    DataFrame
        Manifest. Two consecutive films are a patient. All views are MLO. The side is known from
        version 1.21's names only: Info.txt (even is left) contradicts them (odd is left), so
        mini-MIAS has none. Boxes are of mini-MIAS only, whose row is 1024 - y.

    Raises
    ------
    DatasetError
        If the images or Info.txt are missing, or a row of it cannot be understood.
    """
    require_choice("label_rule", label_rule, LABEL_RULES)
    path = Path(path).resolve()
    folder = _unpacked(path, cache) if path.is_file() else path
    files = walk(folder)
    images = index_by_name(files, _IMAGE_NAME, "film")
    if not images:
        archives = [file for file in files if _is_archive(file)]
        if not archives:
            raise DatasetError(
                f"{path} holds no image mdbNNN.pgm: put mini-MIAS there (mammo fetch mias), or "
                "remove the folder to use a synthetic set"
            )
        return load(archives[0], source=source, label_rule=label_rule, cache=cache)
    findings = read_findings(_info(files, folder))
    source = source_of(path, files, source)
    rows = [
        {**_row(film, images.get(film), findings.get(film), label_rule), "source": source}
        for film in sorted({*images, *findings})
    ]
    return manifest.build(add_header_facts(rows, CARD.title))


def _unpacked(archive: Path, cache: Path | None) -> Path:
    if not _is_archive(archive):
        raise DatasetError(f"{archive} is no tar archive; the archive is called all-mias.tar.gz")
    cache = Path(cache or user_cache_path("mammo"))
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return unpack(archive, cache / f"{CARD.name}-{digest[:12]}", **ARCHIVE_BOUNDS)


def _info(files: Sequence[Path], folder: Path) -> Path:
    tables = [file for file in files if file.name.lower() == "info.txt"]
    for file in (*tables, folder.parent / "Info.txt"):
        if file.is_file():
            return file
    raise DatasetError(
        f"{folder} lacks Info.txt, the labels of MIAS (version 1.21 has them in a PDF only): "
        "put the Info.txt of mini-MIAS there"
    )


def _row(
    film: str, image: tuple[Path, re.Match] | None, findings: list[dict] | None, label_rule: str
) -> dict:
    case = f"case_{(int(film[3:]) + 1) // 2:03d}"
    row = {
        "dataset": CARD.name,
        "patient_id": case,
        "study_id": case,
        "image_id": film,
        "view": "MLO",
        **(_image_facts(*image) if image else {"excluded": Exclusion(Kind.NOT_FOUND)}),
    }
    if findings is None:
        return {**row, "boxes": [], "excluded": Exclusion(Kind.NO_ROW, "Info.txt")}
    is_mini = image is not None and image[1]["side"] is None
    return {
        **_label(findings, label_rule),
        **row,
        "density": findings[0]["density"],
        "lesion_type": "|".join(dict.fromkeys(finding["type"] for finding in findings)),
        "pathology": "|".join(_PATHOLOGIES[finding["severity"]] for finding in findings),
        "boxes": [_box(finding) for finding in findings if is_mini and finding["radius"]],
    }


def _image_facts(path: Path, match: re.Match) -> dict:
    side = match["side"]
    return {
        "path": str(path),
        "laterality": side.upper() if side else None,
        "pixel_spacing_mm": _FULL_SPACING_MM if side else _MINI_SPACING_MM,
    }


def _label(findings: list[dict], label_rule: str) -> dict:
    severities = {finding["severity"] for finding in findings}
    if label_rule == "abnormal_only" and severities == {None}:
        return {"excluded": Exclusion(Kind.NORMAL)}
    return {"label": int("M" in severities)}


def _box(finding: dict) -> dict:
    x, y, radius = (int(finding[name]) for name in ("x", "y", "radius"))
    row = MINI_ROWS - y
    return {
        "row_min": max(row - radius, 0),
        "col_min": max(x - radius, 0),
        "row_max": min(row + radius + 1, MINI_ROWS),
        "col_max": min(x + radius + 1, MINI_ROWS),
        "kind": finding["type"].lower(),
        "pathology": _PATHOLOGIES[finding["severity"]],
    }


def read_findings(info: Path) -> dict[str, list[dict]]:
    """Read Info.txt: prose, then one row per abnormality or normal film.

    Returns
    -------
    dict
        Film ("mdb001") -> rows with density (F, G, D), type (NORM, CALC, CIRC, SPIC, MISC, ARCH,
        ASYM), severity (B, M or None) and x, y, radius in pixels from the bottom left, or None
        where the set gives none.

    Raises
    ------
    DatasetError
        Naming the line that cannot be understood.
    """
    findings: dict[str, list[dict]] = defaultdict(list)
    for number, line in enumerate(_text(info).splitlines(), start=1):
        if not re.match(r"mdb\d", line):
            continue
        match = _FINDING.fullmatch(line.strip())
        if not match or (match["type"] == "NORM") != (match["severity"] is None):
            raise DatasetError(
                f"{info}, line {number}: {line.strip()[:80]!r} is not 'mdbNNN density class "
                "severity x y radius'; restore the file from the archive"
            )
        findings[match["film"]].append(match.groupdict())
    return dict(findings)


def _text(info: Path) -> str:
    try:
        if info.stat().st_size > _MOST_BYTES:
            raise DatasetError(f"{info} has more than {_MOST_BYTES:,} bytes; restore the file")
        return info.read_text(encoding="latin-1")
    except OSError as error:
        raise DatasetError(f"{info} cannot be read: {error.strerror}") from None
