"""Automatic approval of model versions: opt-in on both sides, by the registered metrics and by nothing else."""
