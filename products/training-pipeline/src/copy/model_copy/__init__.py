"""A pipeline's Lambda step: copies what a run made to the registry's bucket, where it is registered from."""
