"""The code of Lambda functions, read and never run: does it compile, is its handler there, what does it call of AWS.

Begin with `archive.py` (files as modules), then `clients.py` (the calls) and `rights.py` (what they need of IAM). Calls
are found by `tracer.py` (statements, until nothing new is found), `expressions.py`, `calling.py` (functions of the
archive), `library.py` (Python's own) and `boto.py` (boto3), over `values.py`, `cells.py` and `texts.py`.
"""
