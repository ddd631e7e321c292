"""Controls of Security Hub as rules: one a file, for the resource types that the library makes or may come to make.

A rule's id is E9, and three digits by its service and number: SageMaker.n 300 + n, S3 330, KMS 350, CodeBuild 360,
Lambda 370, SNS 380, SQS 385, ECR 390, DynamoDB 400, EMR 410, EventBridge 420, ServiceCatalog 430, Athena 440. Source of
each: the Security Hub user guide, at the address in its `source_url`.
"""
