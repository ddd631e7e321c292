"""taskcat's configuration, made from the examples: one test an example. Nobody writes it by hand."""

from __future__ import annotations

import yaml

from harness.catalog.load import LoadedExample, LoadedProduct, Repository
from harness.catalog.model import parameter_text


def name_of_test(product: LoadedProduct, example: LoadedExample) -> str:
    """Name of the example's test: letters, digits and dashes, as taskcat wants it."""
    return f"{product.name}-{example.name}"


def configuration(repository: Repository) -> str:
    """The text of .taskcat.yml for templates that lie beside it as <product>.yaml (`build.py render --taskcat`)."""
    tests = {
        name_of_test(product, example): {
            "template": f"{product.name}.yaml",
            "parameters": {key: parameter_text(value) for key, value in example.spec.parameters.items()},
        }
        for product in repository.products
        for example in product.examples
    }
    document = {
        "project": {
            "name": repository.catalog.catalog,
            "owner": repository.catalog.support.email,
            "regions": [repository.catalog.home_region],
            "package_lambda": False,  # products bring their code as assets
            "shorten_stack_name": True,
        },
        "tests": tests,
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
