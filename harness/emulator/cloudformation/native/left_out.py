"""What templates may say of a native type and no backend here has: it is validated and kept, and changes nothing.

`describe-stack-resources` names it for each resource, so that nobody takes it for proved.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

_KAFKA = (
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
    "Topics",
)
_STREAMS = (
    "BisectBatchOnFunctionError",
    "MaximumRecordAgeInSeconds",
    "ParallelizationFactor",
    "StartingPosition",
    "StartingPositionTimestamp",
    "TumblingWindowInSeconds",
)
LEFT_OUT: Mapping[str, tuple[str, ...]] = {
    "AWS::CloudWatch::Alarm": (
        "ActionConfiguration",
        "EvaluationCriteria",
        "EvaluationInterval",
        "EvaluationWindow",
        "WarmUpConfiguration",
    ),
    "AWS::CloudWatch::CompositeAlarm": ("ActionConfiguration",),
    "AWS::CodeBuild::Project": ("ResourceAccessRole", "Triggers", "Visibility"),
    "AWS::DynamoDB::Table": (
        "ContributorInsightsSpecification",
        "ImportSourceSpecification",
        "KinesisStreamSpecification",
        "OnDemandThroughput",
        "ResourcePolicy",
        "VectorIndexes",
        "WarmThroughput",
    ),
    "AWS::EC2::FlowLog": ("DeliverCrossAccountRole", "DestinationOptions", "TagFieldSpecifications"),
    "AWS::EC2::SecurityGroupIngress": ("GroupName", "SourceSecurityGroupName", "SourceSecurityGroupOwnerId"),
    "AWS::EC2::Subnet": (
        "AssignIpv6AddressOnCreation",
        "EnableDns64",
        "EnableLniAtDeviceIndex",
        "Ipv4IpamPoolId",
        "Ipv4NetmaskLength",
        "Ipv6CidrBlock",
        "Ipv6IpamPoolId",
        "Ipv6Native",
        "Ipv6NetmaskLength",
        "OutpostArn",
        "PrivateDnsNameOptionsOnLaunch",
    ),
    "AWS::EC2::VPC": ("Ipv4IpamPoolId", "Ipv4NetmaskLength"),
    "AWS::EC2::VPCEndpoint": (
        "DnsOptions",
        "IpAddressType",
        "ResourceConfigurationArn",
        "ServiceNetworkArn",
        "ServiceRegion",
    ),
    "AWS::ECR::Repository": ("ImageTagMutabilityExclusionFilters",),
    "AWS::Events::EventBus": ("EventSourceName", "LogConfig"),
    "AWS::KMS::Key": ("BypassPolicyLockoutSafetyCheck", "Origin", "RotationPeriodInDays"),
    "AWS::Lambda::Alias": ("ProvisionedConcurrencyConfig",),
    "AWS::Lambda::EventSourceMapping": (
        *_KAFKA,
        *_STREAMS,
        "DocumentDBEventSourceConfig",
        "KmsKeyArn",
        "LoggingConfig",
        "MetricsConfig",
        "ProvisionedPollerConfig",
        "Queues",
        "SourceAccessConfigurations",
    ),
    "AWS::Lambda::Function": (
        "CapacityProviderConfig",
        "DurableConfig",
        "FunctionScalingConfig",
        "PublishToLatestPublished",
        "RecursiveLoop",
        "RuntimeManagementConfig",
        "TenancyConfig",
    ),
    "AWS::Lambda::Permission": ("FunctionUrlAuthType", "InvokedViaFunctionUrl"),
    "AWS::Lambda::Version": ("FunctionScalingConfig", "ProvisionedConcurrencyConfig", "RuntimePolicy"),
    "AWS::Logs::LogGroup": (
        "BearerTokenAuthenticationEnabled",
        "DataProtectionPolicy",
        "DeletionProtectionEnabled",
        "FieldIndexPolicies",
        "LogGroupClass",
        "ResourcePolicyDocument",
    ),
    "AWS::S3::Bucket": (
        "AbacStatus",
        "AccelerateConfiguration",
        "AccessControl",
        "AnalyticsConfigurations",
        "BucketNamePrefix",
        "BucketNamespace",
        "IntelligentTieringConfigurations",
        "InventoryConfigurations",
        "MetricsConfigurations",
        "ReplicationConfiguration",
        "WebsiteConfiguration",
    ),
    "AWS::SNS::Subscription": ("DeliveryPolicy", "Region", "ReplayPolicy", "SubscriptionRoleArn"),
    "AWS::SNS::Topic": (
        "ArchivePolicy",
        "ContentBasedDeduplication",
        "DataProtectionPolicy",
        "DeliveryStatusLogging",
        "FifoThroughputScope",
        "MaximumMessageSize",
    ),
    "AWS::SageMaker::Domain": ("HomeEfsFileSystemCreation",),
    "AWS::SageMaker::NotebookInstance": ("AcceleratorTypes", "InstanceMetadataServiceConfiguration"),
}


def description(kind: str, properties: Collection[str]) -> str:
    """How a native resource of that type with those properties is described."""
    absent = sorted(set(LEFT_OUT.get(kind, ())).intersection(properties))
    return f"native, but for {', '.join(absent)}" if absent else "native"
