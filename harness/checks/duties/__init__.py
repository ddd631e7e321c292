"""Separation of duties (N4, N5), proved over everything that stands in the landscape at once.

`stage` launches foundations and examples in the stack engine; `holders` reads the roles there; `seats` knows what acts
with which role and who steers it; `routes` looks for a way from a persona to a decision about a model; `personas`
tells who may do what. Pure but for rendering. Begin at `proof.py`.
"""
