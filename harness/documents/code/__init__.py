"""The code of Lambda functions, read and never run: does it compile, is its handler there, what does it call of AWS.

Begin with `archive.py` (files as modules), then `clients.py` (the calls) and `rights.py` (what they need of IAM).
"""
