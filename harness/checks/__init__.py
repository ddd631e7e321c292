"""What we demand of a product before it may be released: lint, house rules, rehearsed examples, a complete folder.

`check.py` is the whole of it; `answers.py` answers without it where nothing has changed. Knows no AWS client and not
the emulator: whoever rehearses with real backends hands in the provider.
"""
