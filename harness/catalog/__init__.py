"""The repository as data: what catalog.yaml, portfolios/ and products/ say, validated, rendered and frozen."""
