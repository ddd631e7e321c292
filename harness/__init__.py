"""The machine that proves and publishes the catalog. It knows nothing about SageMaker; `products/` does."""
