"""What there is in a hospital's folder beside its patients' ordinary mammograms."""

from collections.abc import Callable

from .examination import mammogram
from .odd_mammograms import (
    annotated,
    contradictory_side,
    implant,
    implant_displaced,
    lossy,
    magnification,
    private_syntax,
    specimen,
    spot_compression,
    with_every_text,
    without_view,
)
from .other_objects import (
    ct_slice,
    for_processing,
    presentation_state,
    screenshot,
    structured_report,
    tomosynthesis,
)

_COUNTED: tuple[tuple[str, Callable, int], ...] = (
    ("for processing", for_processing, 2),
    ("tomosynthesis", tomosynthesis, 1),
    ("ct", ct_slice, 3),
    ("secondary capture", screenshot, 1),
    ("no pixels", structured_report, 1),
    ("no pixels", presentation_state, 1),
    ("implant", implant, 1),
    ("implant", implant_displaced, 1),
    ("magnification", magnification, 1),
    ("spot compression", spot_compression, 1),
    ("specimen", specimen, 1),
    ("view missing", without_view, 1),
    ("side contradictory", contradictory_side, 1),
    ("not decodable", lossy, 1),
    ("not decodable", private_syntax, 1),
    ("truncated", mammogram, 3),
    ("burned-in text", annotated, 1),
    ("every text element", with_every_text, 1),
)
EXTRAS = tuple((kind, make) for kind, make, copies in _COUNTED for _ in range(copies))
"""Kind, and what makes it; what is truncated is cut later."""

FIT = ("mammogram", "implant", "view missing", "burned-in text", "every text element")
"""Kinds that can be scored, with a warning or without."""
LABELLED = (
    *FIT, "magnification", "spot compression", "side contradictory", "not decodable", "truncated",
)  # fmt: skip
"""Kinds of which a table of labels has rows, since nobody looked at the headers."""
