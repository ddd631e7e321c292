"""Separation of duties (N4, N5), proved over everything that stands in the landscape at once.

`stage` launches foundations and examples in the stack engine; `holders` reads the roles there; `seats` knows what acts
with which role and who steers it, `places` what is trusted; `landscape` is asked about all of that. `routes` looks for
a way from a persona to a decision about a model; `judged` tells what it has no answer to; `boundary` and `limits` are
lines of the proof for themselves. `personas` tells who may do what. Pure but for rendering. Begin at `proof.py`.
"""
