"""Why an image is left out: every kind of reason, its words, and what can be done.

Which reason an image has is decided where its set is read: by the set's module, for a hospital's
own images by `mammo.datasets.institution.intake`, for a file of the wrong kind by
`mammo.datasets.fitness`, a DICOM header by `mammo.images.fitness`. What fails once it is decoded
is left out by `mammo.images.store_building`.
"""

from dataclasses import dataclass
from enum import Enum, unique

from mammo.errors import DeflatedFileError, UnreadableImageError

_COPY = "copy these files again from the archive", "copy or download these files again"
_EXPORT = "export these images uncompressed, or as JPEG Lossless"
_REMOVE = "remove the copies, or leave it at that: each image counts once"
_FIND = "complete the download, or correct the file names in the table"


@unique
class Kind(Enum):
    """Kinds of reasons: words with a place for the detail, then remedies.

    The first remedy is for a hospital's own images, the second for a released set where that is
    another. A kind without remedy costs no mammogram.
    """

    # A label rule leaves these out.
    BIRADS = "BI-RADS {}"
    SAME_VIEW = "the same view as another file: {}"
    MIXED_LESIONS = "malignant and other lesions in one image"
    ONLY_WITHOUT_CALLBACK = "only lesions that were benign without callback"
    NORMAL = "normal: the rule compares malignant with benign"
    NO_BIOPSY = "no biopsy result: the breast has no row in {}"
    TWO_PATIENTS = "the same pixels as an image of another patient: {}"

    # Files and tables do not fit together.
    NOT_FOUND = "image file not found", _FIND
    NOT_ALL_FOUND = "image file not found: {} of the breast's images are there", _FIND
    LINE_NOT_FOUND = "image file not found: line {} of the table of labels", _FIND
    NO_ROW = "no row in {}", "add the images to the table, or remove them"
    NO_ROW_OF_LABELS = (
        "no row in the table of labels",
        "add the images to the table, or leave it at that: they are not scored",
        "add the images to the table, or remove them",
    )
    NO_TABLE = "no table of labels"
    NO_LABEL = "{}"
    NO_PATIENT = (
        "no patient known: neither table nor header name one",
        "name the patients in the table (patient_id)",
    )
    NO_SIDE = (
        "the side is unknown, and the labels are by breast",
        "add the side of these images to their names, or use a table by image",
    )
    TWO_SIDES = ("its header names both sides", "name the side of these images in a table by image")
    NO_BREAST = "the header does not say whose breast it shows, or which"
    OTHER_PATIENT = "the patient differs between header and folder"
    OTHER_VIEW = "side or view differ between file name and table"
    TOO_MANY = "more images of the breast than the table states: {}"
    SAME_INSTANCE = "a copy of image {} (same SOP instance)", _REMOVE
    SAME_PIXELS = "the same pixels as image {}", _REMOVE
    OTHER_LABEL = "there is a copy of it with another label", "correct the labels of these images"

    # The file holds no mammogram of the kind that classifiers are made for.
    NO_IMAGE = "no image: neither DICOM nor PNG, TIFF, JPEG or PGM"
    ARCHIVE = (
        "an archive that is not read: only those are that end in .zip, and none within them",
        "unpack these, if they hold images",
    )
    OTHER_FORMAT = (
        "an image of another format than DICOM, PNG, TIFF, JPEG or PGM",
        "export these images as DICOM, or else as PNG or TIFF",
    )
    NO_PIXELS = "a DICOM object without an image, such as a report"
    TOMOSYNTHESIS = (
        "tomosynthesis, or several frames: export a projection or a synthesised 2-D image"
    )
    RAW = (
        "a raw image FOR PROCESSING: export the FOR PRESENTATION image",
        "ask the archive for the images FOR PRESENTATION",
        "export the images for presentation from the archive",
    )
    MODALITY = "modality {}, a slice or another kind of image: export mammograms (MG)"
    COLOUR = "a colour image, such as a screenshot: export the mammogram itself"
    SCREENSHOT = "a secondary capture with burned-in text, such as a screenshot"
    SPECIMEN = "a radiograph of a specimen, not of a breast"
    PART_OF_BREAST = "a {} view, which shows a part of the breast"
    TOO_LARGE = "more than {} pixels"
    TOO_MANY_BYTES = "more than {} bytes"
    PAGES = (
        "several pages in one file: export each image to a file of its own",
        "export each image to a file of its own",
    )
    NOT_GREY = (
        "its pixels are not grey values of 8 or 16 bits: export them so",
        "export them as grey values of 8 or 16 bits, best as DICOM",
    )

    # It cannot be read.
    EMPTY = "the file is empty", *_COPY
    ELEMENT = "{}", "export these images again with this element mended, or ask the archive why"
    DAMAGED = "{}", *_COPY
    TRUNCATED = "truncated: a part of its pixels is missing", *_COPY
    DEFLATED = "{}", _EXPORT
    NOT_PREPARED = (
        "{}",
        "look at some of them; where they are damaged, copy them again from the archive",
    )
    COMPRESSED = "compressed as {}", _EXPORT
    PRIVATE_SYNTAX = "a transfer syntax that only its vendor knows", _EXPORT
    NO_SYNTAX = (
        "no transfer syntax: export it again as a DICOM Part 10 file",
        "ask the archive for DICOM Part 10 files",
    )

    def __init__(self, words: str, remedy: str = "", remedy_of_release: str = "") -> None:
        self.words = words
        self.remedy = remedy
        self.remedy_of_release = remedy_of_release or remedy

    @property
    def is_by_rule(self) -> bool:
        """Whether a label rule leaves such images out, and nothing is wrong with them."""
        return self in _BY_RULE


_BY_RULE = {
    Kind.BIRADS,
    Kind.SAME_VIEW,
    Kind.MIXED_LESIONS,
    Kind.ONLY_WITHOUT_CALLBACK,
    Kind.NORMAL,
    Kind.NO_BIOPSY,
    Kind.TWO_PATIENTS,
}


@dataclass(frozen=True)
class Exclusion:
    """Why one image is left out; its text is the sentence that users read.

    Parameters
    ----------
    kind : Kind
    detail : str or int
        What stands in the place that the kind's words leave.
    """

    kind: Kind
    detail: str | int = ""

    def __str__(self) -> str:
        return self.kind.words.format(self.detail)

    @property
    def of_any_image(self) -> str:
        """Its words without the name of another image, so that equal faults read equal."""
        return self.kind.words.replace("image {}", "another image").format(self.detail)


def unreadable(error: UnreadableImageError) -> Exclusion:
    """Return why an image is left out whose header cannot be read."""
    kind = Kind.DEFLATED if isinstance(error, DeflatedFileError) else Kind.DAMAGED
    return Exclusion(kind, str(error))
