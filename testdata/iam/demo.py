#!/usr/bin/env python3
"""Makes a small company in a moto server and leaves its keys in a .env, to look at reports.

    moto_server (with MOTO_IAM_LOAD_MANAGED_POLICIES=true), then
    demo.py http://127.0.0.1:5111 OUT/.env
    keysift scan OUT/.env --verify key --endpoint-url http://127.0.0.1:5111 -o report.html

Names start with a prefix of this run, so that several may use one server.
"""
import json
import os
import sys

import boto3

endpoint, out = sys.argv[1], sys.argv[2]
prefix = os.environ.get("DEMO_PREFIX", "demo-")
iam = boto3.client("iam", endpoint_url=endpoint, region_name="us-east-1",
                   aws_access_key_id="testing", aws_secret_access_key="testing")
ACCOUNT = "123456789012"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions, resource="*", **condition):
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def user(name, tags=()):
    name = prefix + name
    iam.create_user(UserName=name, Tags=[{"Key": k, "Value": v} for k, v in tags])
    return name


def key(name):
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


def role(name, trusted, tags=(), service=None):
    who = {"Service": service} if service else {"AWS": trusted}
    trust = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=prefix + name, AssumeRolePolicyDocument=policy(trust),
                    Tags=[{"Key": k, "Value": v} for k, v in tags])
    return f"arn:aws:iam::{ACCOUNT}:role/{prefix}{name}"


keys = {}

# A mobile app's key: uploads, a role chain to production, a way up through Lambda, more with MFA.
app = user("shop-mobile", [("owner", "payments-team@example.org"), ("env", "prod"),
                           ("criticality", "tier-1"), ("dr", "gold"), ("cost-center", "4711")])
iam.create_group(GroupName=prefix + "app-users")
iam.add_user_to_group(GroupName=prefix + "app-users", UserName=app)
iam.attach_group_policy(GroupName=prefix + "app-users", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
deploy = role("deploy", f"arn:aws:iam::{ACCOUNT}:root", [("owner", "platform")])
data = role("data-pipeline", deploy, [("env", "prod")])
lam = role("lambda-admin", None, service="lambda.amazonaws.com")
iam.attach_role_policy(RoleName=prefix + "lambda-admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
iam.put_role_policy(RoleName=prefix + "deploy", PolicyName="deploy", PolicyDocument=policy(
    allow(["sts:AssumeRole"], data), allow(["lambda:DeleteFunction", "lambda:UpdateFunctionCode", "route53:ChangeResourceRecordSets"])))
iam.put_role_policy(RoleName=prefix + "data-pipeline", PolicyName="data", PolicyDocument=policy(
    allow(["dynamodb:*", "rds:*", "redshift:DeleteCluster"])))
iam.put_user_policy(UserName=app, PolicyName="uploads", PolicyDocument=policy(
    allow(["s3:PutObject", "s3:DeleteObject", "s3:PutBucketPolicy"], ["arn:aws:s3:::shop-uploads", "arn:aws:s3:::shop-uploads/*"]),
    allow(["sts:AssumeRole"], deploy),
    allow(["lambda:CreateFunction", "lambda:InvokeFunction"]), allow(["iam:PassRole"], lam),
    allow(["ec2:TerminateInstances", "ec2:DeleteVolume"], StringEquals={"aws:ResourceTag/env": "dev"}),
    allow(["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"], IpAddress={"aws:SourceIp": "10.0.0.0/8"}),
    allow(["*"], Bool={"aws:MultiFactorAuthPresent": "true"})))
keys["shop-mobile"] = key(app)

admin = user("ci-admin", [("team", "platform"), ("env", "ci")])
iam.attach_user_policy(UserName=admin, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
keys["ci-admin"] = key(admin)

reader = user("metrics", [("owner", "observability")])
iam.attach_user_policy(UserName=reader, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
keys["metrics"] = key(reader)

# Many policies and roles, to see a large picture.
big = user("big", [("owner", "<b>nobody</b>"), ("env", "dev")])
for i in range(18):
    iam.put_user_policy(UserName=big, PolicyName=f"part-{i:02}-of-a-policy-with-a-long-name", PolicyDocument=policy(allow(["s3:GetObject"])))
for i in range(25):
    r = role(f"service-{i:02}", f"arn:aws:iam::{ACCOUNT}:user/{big}")
    iam.put_role_policy(RoleName=f"{prefix}service-{i:02}", PolicyName="p", PolicyDocument=policy(
        allow([["sqs:DeleteQueue"], ["sns:DeleteTopic"], ["elasticache:DeleteCacheCluster"], ["iam:CreateAccessKey", "iam:AttachUserPolicy"]][i % 4])))
keys["big"] = key(big)

none = user("old", [])
keys["old"] = key(none)

with open(out, "w", encoding="utf-8") as f:
    for name, (id, secret) in keys.items():
        f.write(f"[{name}]\naws_access_key_id={id}\naws_secret_access_key={secret}\n\n")
print("wrote", out)
