"""What a template may look up in its account and region, read from the emulated services only when it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.ssm.exceptions import ParameterVersionNotFound

from harness.cfn.model import Surroundings
from harness.emulator.cloudformation import network


class _Lookup(Mapping[str, str]):
    """A mapping that asks a backend for each key. Iterating it lists nothing: the engine only looks keys up."""

    def __init__(self, account_id: str, region: str) -> None:
        self._account_id = account_id
        self._region = region

    def _find(self, key: str) -> str | None:
        raise NotImplementedError

    def __getitem__(self, key: str) -> str:
        value = self._find(key)
        if value is None:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class _Parameters(_Lookup):
    """SSM parameters (String and StringList, or SecureString only)."""

    secure = False

    def _find(self, key: str) -> str | None:
        from moto.ssm.models import ssm_backends

        try:
            parameter: Any = ssm_backends[self._account_id][self._region].get_parameter(key)
        except ParameterVersionNotFound:
            return None
        if parameter is None or (parameter.parameter_type == "SecureString") is not self.secure:
            return None
        return str(parameter.decrypt(parameter.value) if self.secure else parameter.value)


class _SecureParameters(_Parameters):
    secure = True


class _ParameterTypes(_Lookup):
    """String, StringList or SecureString."""

    def _find(self, key: str) -> str | None:
        from moto.ssm.models import ssm_backends

        try:
            parameter: Any = ssm_backends[self._account_id][self._region].get_parameter(key)
        except ParameterVersionNotFound:
            return None
        return None if parameter is None else str(parameter.parameter_type)


class _Secrets(_Lookup):
    """By id, or by `id:stage:version`."""

    def _find(self, key: str) -> str | None:
        from moto.secretsmanager.models import secretsmanager_backends

        name, stage, version = key, "", ""
        if key.count(":") not in (0, 6):  # more than a name or an ARN
            name, stage, version = key.rsplit(":", 2)
        backend = secretsmanager_backends[self._account_id][self._region]
        try:
            secret = backend.get_secret_value(name, version or None, stage or None)
        except JsonRESTError:  # no such secret, or one without a value
            return None
        text = secret.get("SecretString")
        return None if text is None else str(text)


@dataclass(frozen=True)
class _Attributes(Mapping[str, Mapping[str, str]]):
    """What rules may ask of networks."""

    account_id: str
    region: str

    def __getitem__(self, key: str) -> Mapping[str, str]:
        found = network.attributes(self.account_id, self.region, key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class _Zones(Mapping[str, tuple[str, ...]]):
    def __getitem__(self, region: str) -> tuple[str, ...]:
        from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

        return tuple(zone.name for zone in RegionsAndZonesBackend.zones[region])

    def __iter__(self) -> Iterator[str]:
        from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

        return iter(RegionsAndZonesBackend.zones)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def surroundings_of(
    account_id: str,
    region: str,
    exports: Mapping[str, str],
    exporters: Mapping[str, str],
    importers: Mapping[str, tuple[str, ...]],
    taken: Mapping[tuple[str, str], str],
) -> Surroundings:
    """The surroundings of a stack in that account and region."""
    return Surroundings(
        account_id=account_id,
        region=region,
        zones=_Zones(),
        ssm=_Parameters(account_id, region),
        ssm_secure=_SecureParameters(account_id, region),
        ssm_types=_ParameterTypes(account_id, region),
        secrets=_Secrets(account_id, region),
        existing={kind: network.Existing(account_id, region, kind) for kind in network.PARAMETER_TYPES},
        attributes=_Attributes(account_id, region),
        taken=taken,
        exports=exports,
        exporters=exporters,
        importers=importers,
    )
