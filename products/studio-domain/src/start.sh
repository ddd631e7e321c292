#!/bin/bash
# Runs when a workspace starts, before the editor opens. Points pip, git, the AWS tools and the SageMaker SDK at the
# platform, so that code works inside the VPC without being told where it is. A workspace must open whatever happens
# here: every step may fail alone, says so in the app's log, and the script always succeeds.
set -u

# The platform's repository of approved Python packages, in the hub account (N1).
package_domain=platform
package_repository=python-approved
token_seconds=43200 # the longest that CodeArtifact gives; renewed an hour before

metadata="${STUDIO_METADATA:-/opt/ml/metadata/resource-metadata.json}"
config="${XDG_CONFIG_HOME:-$HOME/.config}"
region="${AWS_REGION:-${AWS_DEFAULT_REGION:-}}"
umask 077 # tokens are written here

say() { echo "platform start: $*"; }

from_metadata() {
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1])).get(sys.argv[2], ""))' "$metadata" "$1" 2>/dev/null
}

from_contract() {
  aws ssm get-parameter --region "$region" --name "$1" --query Parameter.Value --output text
}

set_aws_defaults() {
  aws configure set region "$region" &&
    aws configure set sts_regional_endpoints regional && # the global endpoint is out of the VPC's reach
    aws configure set retry_mode standard
}

set_git_defaults() {
  git config --global init.defaultBranch main &&
    git config --global pull.ff only &&
    git config --global core.autocrlf input &&
    git config --global credential.helper 'cache --timeout=28800' || return
  local user
  user="$(from_metadata UserProfileName)"
  if [ -n "$user" ] && ! git config --global user.name >/dev/null; then
    git config --global user.name "$user"
  fi
}

set_package_index() {
  local hub endpoint token
  hub="$(from_contract /platform/hub/account-id)" || return
  endpoint="$(aws codeartifact get-repository-endpoint --region "$region" --domain "$package_domain" \
    --domain-owner "$hub" --repository "$package_repository" --format pypi \
    --query repositoryEndpoint --output text)" || return
  token="$(aws codeartifact get-authorization-token --region "$region" --domain "$package_domain" \
    --domain-owner "$hub" --duration-seconds "$token_seconds" --query authorizationToken --output text)" || return
  mkdir -p "$config/pip" || return
  # Written beside and moved over: pip never reads half a file.
  printf '[global]\nindex-url = https://aws:%s@%ssimple/\n' "$token" "${endpoint#https://}" >"$config/pip/pip.conf.new" &&
    mv "$config/pip/pip.conf.new" "$config/pip/pip.conf"
}

# Jobs are allowed only inside the VPC and with a key. With this file the SageMaker SDK says so by itself.
set_job_defaults() {
  local domain arn key subnets groups bucket
  domain="$(from_metadata DomainId)"
  [ -n "$domain" ] || return
  describe() { aws sagemaker describe-domain --region "$region" --domain-id "$domain" --query "$1" --output text; }
  arn="$(describe DomainArn)" && key="$(describe KmsKeyId)" || return
  subnets="$(describe "join(',',SubnetIds)")" && groups="$(describe "join(',',DefaultUserSettings.SecurityGroups)")" || return
  bucket="$(aws sagemaker list-tags --region "$region" --resource-arn "$arn" \
    --query "Tags[?Key=='platform:work-bucket']|[0].Value" --output text)" || return
  local network="{SecurityGroupIds: [$groups], Subnets: [$subnets]}"
  mkdir -p "$config/sagemaker" || return
  cat >"$config/sagemaker/config.yaml" <<YAML
# Written at every start of the workspace; put your own defaults into a file named by SAGEMAKER_USER_CONFIG_OVERRIDE.
SchemaVersion: "1.0"
SageMaker:
  PythonSDK:
    Modules:
      Session: {DefaultS3Bucket: $bucket, DefaultS3ObjectKeyPrefix: work}
  Model:
    VpcConfig: $network
  EndpointConfig:
    KmsKeyId: $key
  TrainingJob:
    EnableInterContainerTrafficEncryption: true
    OutputDataConfig: {KmsKeyId: $key}
    ResourceConfig: {VolumeKmsKeyId: $key}
    VpcConfig: $network
  ProcessingJob:
    NetworkConfig: {EnableInterContainerTrafficEncryption: true, VpcConfig: $network}
    ProcessingOutputConfig: {KmsKeyId: $key}
    ProcessingResources: {ClusterConfig: {VolumeKmsKeyId: $key}}
  TransformJob:
    TransformOutput: {KmsKeyId: $key}
    TransformResources: {VolumeKmsKeyId: $key}
YAML
}

# A workspace that is in use may outlive its token.
keep_package_index() {
  while sleep $((token_seconds - 3600)); do
    set_package_index || say "the package token could not be renewed; restart the workspace"
  done
}

try() {
  if "$1"; then
    say "$2"
  else
    say "FAILED: $2; the workspace opens without it"
  fi
}

try set_aws_defaults "AWS tools use $region"
try set_git_defaults "git has the platform's defaults"
try set_job_defaults "the SageMaker SDK starts jobs inside the VPC, with the key of Studio"
try set_package_index "pip installs from the platform's packages"
if [ -z "${STUDIO_START_ONCE:-}" ]; then
  keep_package_index </dev/null >/dev/null 2>&1 &
  disown
fi
exit 0
