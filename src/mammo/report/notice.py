"""What a page says before it shows anything: which images are real and which are not."""

from collections.abc import Mapping

from mammo.paper.published import dataset_title
from mammo.report.page.blocks import Notice
from mammo.report.tables.formats import enumerated


def images_notice(sources: Mapping[str, str]) -> Notice:
    """Say which data sets of this build are real and which are synthetic phantoms.

    Parameters
    ----------
    sources : mapping
        Name of each data set to "real" or "synthetic".
    """
    titles = {
        source: [dataset_title(name) for name, of in sources.items() if of == source]
        for source in ("real", "synthetic")
    }
    real, synthetic = enumerated(titles["real"]), enumerated(titles["synthetic"])
    if not synthetic:
        return Notice("note", f"All images on this page are real: {real}.", title="Real images")
    meaning = (
        "Synthetic images are computed from a model of anatomy and of image formation, for want of "
        "the real ones. They show that the method runs from native files to tables; they say "
        "nothing about women, and nothing about the paper's results."
    )
    if not real:
        text = f"All images on this page are synthetic. {meaning}"
        return Notice("warning", text, title="Synthetic images")
    text = f"{synthetic}: synthetic. {real}: real. {meaning}"
    return Notice("warning", text, title="Synthetic and real images")
