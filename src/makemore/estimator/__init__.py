"""The public estimator `MakeMore`."""
