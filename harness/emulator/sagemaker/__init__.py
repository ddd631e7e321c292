"""Amazon SageMaker, emulated: registry, models and endpoints, jobs and pipelines of our own; moto's for the rest.

Each theme is a module with OPERATIONS (operation name → function of a Call); `operations.py` gathers them.
"""

from __future__ import annotations


def install() -> None:
    """Puts it in the place of moto's; a second call changes nothing."""
    import moto.sagemaker.urls
    import moto.sagemakerruntime.urls

    from harness.emulator.sagemaker import jobs_capacity
    from harness.emulator.sagemaker.responses import RuntimeResponse, SageMakerResponse

    jobs_capacity.install()
    moto.sagemaker.urls.url_paths["{0}/$"] = SageMakerResponse.dispatch
    for path in moto.sagemakerruntime.urls.url_paths:
        moto.sagemakerruntime.urls.url_paths[path] = RuntimeResponse.dispatch
