"""What AWS would say of the documents that templates carry: pipelines, state machines, event patterns, schedules,
buildspecs, dashboards, the code of functions.

Pure: text and data in, findings out, each with its path inside the document. Knows no AWS client, no template and no
product. `shapes.py` and `operations.py` read API models as data, from the folder of JSON files that botocore carries.
"""
