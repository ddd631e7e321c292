"""What stands beside the inference pipeline: which model a run takes, and what follows when it has ended."""
