"""Where a container finds its configuration and leaves its messages. Source: the SageMaker developer guide.

"How Amazon SageMaker AI Provides Training Information", "… Processes Training Output", "Build Your Own Processing
Container"; the SM_ variables are those of the SageMaker training toolkit.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.pipelines.container.sandbox import Sandbox

HOST = "algo-1"
PROCESSING_CONFIG = "/opt/ml/config"
TRAINING_CONFIG = "/opt/ml/input/config"
CHANNELS = "/opt/ml/input/data"
MODEL = "/opt/ml/model"
OUTPUT = "/opt/ml/output"
OUTPUT_DATA = "/opt/ml/output/data"
FAILURE = "/opt/ml/output/failure"  # a training container's reason
MESSAGE = "/opt/ml/output/message"  # a processing container's exit message
_MOST_OF_A_MESSAGE = 1024  # characters that the API shows


def lay_out_processing(sandbox: Sandbox, request: Mapping[str, Any], arn: str) -> None:
    """Writes processingjobconfig.json and resourceconfig.json, and makes the folders of inputs and outputs."""
    instance = request["ProcessingResources"]["ClusterConfig"]["InstanceType"]
    _write(sandbox, f"{PROCESSING_CONFIG}/processingjobconfig.json", {"ProcessingJobArn": arn, **request})
    _write(sandbox, f"{PROCESSING_CONFIG}/resourceconfig.json", _resources(instance))
    sandbox.folder(OUTPUT)
    for each in (*request.get("ProcessingInputs", ()), *request.get("ProcessingOutputConfig", {}).get("Outputs", ())):
        for kind in ("S3Input", "S3Output"):
            if kind in each:
                sandbox.folder(each[kind]["LocalPath"])


def processing_command(request: Mapping[str, Any]) -> list[str]:
    """Entry point and arguments."""
    specification = request["AppSpecification"]
    return [*specification["ContainerEntrypoint"], *specification.get("ContainerArguments", ())]


def lay_out_training(sandbox: Sandbox, request: Mapping[str, Any]) -> None:
    """Writes hyperparameters.json, inputdataconfig.json and resourceconfig.json, and makes the folders."""
    _write(sandbox, f"{TRAINING_CONFIG}/hyperparameters.json", request.get("HyperParameters", {}))
    channels = {
        each["ChannelName"]: {
            "TrainingInputMode": input_mode(request, each),
            "S3DistributionType": each["DataSource"]["S3DataSource"].get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": each.get("RecordWrapperType", "None"),
            **({"ContentType": each["ContentType"]} if each.get("ContentType") else {}),
        }
        for each in request.get("InputDataConfig", ())
    }
    _write(sandbox, f"{TRAINING_CONFIG}/inputdataconfig.json", channels)
    _write(sandbox, f"{TRAINING_CONFIG}/resourceconfig.json", _resources(request["ResourceConfig"]["InstanceType"]))
    for each in channels:
        sandbox.folder(f"{CHANNELS}/{each}")
    sandbox.folder(MODEL)
    sandbox.folder(OUTPUT_DATA)


def input_mode(request: Mapping[str, Any], channel: Mapping[str, Any]) -> str:
    """How a channel's data come: its own mode, else the job's."""
    return str(channel.get("InputMode") or request["AlgorithmSpecification"]["TrainingInputMode"])


def training_command(request: Mapping[str, Any]) -> list[str]:
    """Entry point and arguments."""
    specification = request["AlgorithmSpecification"]
    return [*specification["ContainerEntrypoint"], *specification.get("ContainerArguments", ())]


def training_variables(request: Mapping[str, Any], arn: str) -> dict[str, str]:
    """TRAINING_JOB_ and SM_ variables. Values are the container's paths, not yet translated."""
    channels = [each["ChannelName"] for each in request.get("InputDataConfig", ())]
    hyperparameters = {name: _plain(value) for name, value in request.get("HyperParameters", {}).items()}
    return {
        "TRAINING_JOB_NAME": str(request["TrainingJobName"]),
        "TRAINING_JOB_ARN": arn,
        "SM_MODEL_DIR": MODEL,
        "SM_INPUT_DIR": "/opt/ml/input",
        "SM_INPUT_CONFIG_DIR": TRAINING_CONFIG,
        "SM_OUTPUT_DIR": OUTPUT,
        "SM_OUTPUT_DATA_DIR": OUTPUT_DATA,
        "SM_CURRENT_HOST": HOST,
        "SM_HOSTS": json.dumps([HOST]),
        "SM_NUM_CPUS": str(os.cpu_count() or 1),
        "SM_NUM_GPUS": "0",
        "SM_CHANNELS": json.dumps(sorted(channels)),
        "SM_HPS": json.dumps(hyperparameters),
        **{f"SM_CHANNEL_{_upper(each)}": f"{CHANNELS}/{each}" for each in channels},
        **{f"SM_HP_{_upper(name)}": str(value) for name, value in hyperparameters.items()},
    }


def message(sandbox: Sandbox, path: str) -> str:
    """What the container wrote about its end, at most as much as the API shows."""
    file = sandbox.path(path)
    return file.read_text("utf-8", "replace").strip()[:_MOST_OF_A_MESSAGE] if file.is_file() else ""


def _plain(value: str) -> Any:
    """A hyperparameter as the toolkit gives it: numbers and the like as themselves, texts as they are."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def _resources(instance_type: str) -> dict[str, Any]:
    return {
        "current_host": HOST,
        "current_instance_type": instance_type,
        "current_group_name": "homogeneousCluster",
        "hosts": [HOST],
        "instance_groups": [
            {"instance_group_name": "homogeneousCluster", "instance_type": instance_type, "hosts": [HOST]}
        ],
        "network_interface_name": "eth0",
    }


def _upper(name: str) -> str:
    return "".join(each if each.isalnum() else "_" for each in name).upper()


def _write(sandbox: Sandbox, path: str, document: Any) -> Path:
    file = sandbox.path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(sandbox.translate(json.dumps(document, indent=2, default=str)) + "\n")
    return file
