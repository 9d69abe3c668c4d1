from __future__ import annotations

import pandas as pd

from mammo.study.coverage import DESIGNS, ICCS, coverage_table, intervals, simulated_coverage


def test_the_table_is_computed_once_and_kept(study):
    found = coverage_table(study)
    folders = [folder for folder in study.artifacts.used if folder.parent.name == "coverage"]
    assert len(folders) == 1
    written = (folders[0] / "coverage.csv").stat().st_mtime_ns
    pd.testing.assert_frame_equal(coverage_table(study), found)
    assert (folders[0] / "coverage.csv").stat().st_mtime_ns == written
    assert len(found) == len(DESIGNS) * len(ICCS) * len(intervals())
    assert set(found["n_simulations"]) == {study.parameters.coverage_simulations}
    assert found["n_covered"].between(5, 10).all()


def test_processes_do_not_change_it():
    alone, together = (simulated_coverage(10, 3, workers, n_bootstrap=50) for workers in (1, 2))
    pd.testing.assert_frame_equal(alone, together)
