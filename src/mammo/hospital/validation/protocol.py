"""What is fixed before a validation: product, site, truth, criterion, threshold and prevalence."""

from mammo.evaluation.tables.operating_points import Criterion, criterion
from mammo.parameters import Parameters, ProtocolParameters

NOT_STATED = "not stated"


def criteria(protocol: ProtocolParameters) -> list[str]:
    """Return what is to be met, in words; empty where nothing was fixed."""
    least, margin = protocol.acceptable, protocol.no_worse_than
    return [
        *([] if least is None else [f"auROC of at least {least:g}"]),
        *([] if margin is None else [f"at most {margin:g} lost"]),
    ]


def facts(protocol: ProtocolParameters) -> dict[str, str]:
    """Return what was tested and what is to be met, for the head of the report."""
    said = {
        "Product": protocol.product,
        "Version": protocol.product_version,
        "Site": protocol.site,
        "Period": protocol.period,
        "Truth established by": protocol.truth,
    }
    stated = {name: text.strip() or NOT_STATED for name, text in said.items()}
    return {**stated, "Fixed beforehand": "; ".join(criteria(protocol)) or "no criterion"}


def operating_points(parameters: Parameters) -> list[Criterion]:
    """Return the operating points: the threshold in use before all others."""
    threshold = parameters.threshold
    own = [] if threshold is None else [f"threshold={threshold!r}"]
    return [criterion(text) for text in dict.fromkeys([*own, *parameters.operating_points])]


def margin(parameters: Parameters) -> float:
    """Return the loss of auROC that counts as none: the one that was fixed, else the usual one."""
    return parameters.no_worse_than or parameters.margin
