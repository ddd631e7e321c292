"""Who may do what in the emulated landscape: each call of a role or a user is decided before a service sees it.

The decisions are those of `harness.iam`; here is what they are about: from a request to actions, resources and
condition keys (`services/`), and the policies that have a say. Begin at `authorize.py`.
"""
