"""Which data set plays which part, in the paper and in the study."""

INTERNAL = "cbis_ddsm"
EXTERNAL = ("mias", "inbreast", "institution")
