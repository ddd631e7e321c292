"""Rules for the documents inside templates: pipelines, state machines, patterns, buildspecs, dashboards, code.

What is wrong with a document is said by the pure modules of `harness.documents`; these rules find the documents in a
launch.
"""
