"""One module a command: each reads its inputs, asks the modules that decide, and writes its output whole.

Each returns the line that a person following the log reads last. Imported one at a time, so that no step loads what it
does not need.
"""
