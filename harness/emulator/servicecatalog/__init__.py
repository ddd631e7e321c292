"""AWS Service Catalog, emulated: takes the place of moto's own thin module. The rest of moto is left alone."""

from __future__ import annotations


def install() -> None:
    """Put this Service Catalog in the place of moto's, before moto's server starts or its mock is entered."""
    import moto.servicecatalog.models
    import moto.servicecatalog.urls

    from harness.emulator.servicecatalog.backend import servicecatalog_backends
    from harness.emulator.servicecatalog.responses import ServiceCatalogResponse

    moto.servicecatalog.urls.url_paths["{0}/$"] = ServiceCatalogResponse.dispatch
    moto.servicecatalog.models.servicecatalog_backends = servicecatalog_backends
    # moto.backends looks the name up in the package.
    moto.servicecatalog.servicecatalog_backends = servicecatalog_backends
