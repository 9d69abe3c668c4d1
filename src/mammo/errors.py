"""The errors that a user can act on: one sentence with the file, the value and the remedy."""


class MammoError(Exception):
    """A fault in the input or the setting; its text is shown to the user as it stands."""


class DatasetError(MammoError):
    """A data set's files or tables are not as its loader needs them."""


class UnreadableImageError(MammoError):
    """An image cannot be read as a mammogram; it costs its own row, never the run."""


class DeflatedFileError(UnreadableImageError):
    """A DICOM file is deflated as a whole, so that its header cannot be read within bounds."""


class LeakageError(MammoError):
    """A patient, or an image, stands on both sides of a split."""


class ParameterError(MammoError):
    """A parameter is unknown, has the wrong type or is out of range."""


class WeightsError(MammoError):
    """Weights are missing, damaged or do not fit the model."""
