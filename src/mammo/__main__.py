"""``python -m mammo``, the form that torchrun needs."""

from mammo.cli import main

main()
