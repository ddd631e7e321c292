"""The one door to training: every trigger comes through here, and at most one run goes on at a time."""
