"""Builds an account of testdata/iam/principals in a moto server, and writes a key for each of its users.

    populate.py ENDPOINT ACCOUNT.json OUT

ACCOUNT.json has a `snapshot` in the shape of GetAccountAuthorizationDetails. What moto cannot hold (users'
boundaries, service control policies) must not be in it. OUT gets NAME.env for each principal that is a user and could be built whole.
"""
import json
import os
import sys
import urllib.request

import boto3
from botocore.exceptions import ClientError

MOTO_ACCOUNT = "123456789012"


def main(endpoint, path, out):
    text = open(path).read()
    account = json.loads(text)["principals"][0]["arn"].split(":")[4]
    case = json.loads(text.replace(account, MOTO_ACCOUNT))
    snapshot = case["snapshot"]
    os.makedirs(out, exist_ok=True)
    urllib.request.urlopen(urllib.request.Request(endpoint + "/moto-api/reset", method="POST"))
    iam = boto3.client(
        "iam", endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id="testing", aws_secret_access_key="testing",
    )
    for policy in snapshot.get("Policies", []):
        if policy["Arn"].split(":")[4] != "aws":
            managed(iam, policy)
    for group in snapshot.get("GroupDetailList", []):
        name = group["GroupName"]
        iam.create_group(GroupName=name, Path=group.get("Path", "/"))
        for inline in group.get("GroupPolicyList", []):
            iam.put_group_policy(GroupName=name, PolicyName=inline["PolicyName"], PolicyDocument=document(inline))
        for attached in group.get("AttachedManagedPolicies", []):
            attach(lambda arn: iam.attach_group_policy(GroupName=name, PolicyArn=arn), attached)
    for role in snapshot.get("RoleDetailList", []):
        build_role(iam, role)
    incomplete = {u["Arn"] for u in snapshot.get("UserDetailList", []) if not build_user(iam, u)}
    principals = {p["arn"] for p in case["principals"]} - incomplete
    keys = snapshot.get("AccessKeyMetadata", [])
    for user in snapshot.get("UserDetailList", []):
        name = user["UserName"]
        listed = [k for k in keys if k["UserName"] == name]
        made = []
        for _ in range(max(len(listed), 1 if user["Arn"] in principals else 0)):
            made.append(iam.create_access_key(UserName=name)["AccessKey"])
        for key, like in zip(made, listed):
            if like.get("Status") == "Inactive":
                iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive")
        if user["Arn"] in principals:
            with open(os.path.join(out, name + ".env"), "w") as file:
                file.write("AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n" % (
                    made[0]["AccessKeyId"], made[0]["SecretAccessKey"]))


def document(policy, key="PolicyDocument"):
    return policy[key] if isinstance(policy[key], str) else json.dumps(policy[key])


def attach(call, attached):
    """False where IAM refuses: the policy does not exist, or is none. A snapshot may hold such, an account cannot."""
    try:
        call(attached["PolicyArn"])
        return True
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchEntity", "MalformedPolicyDocument"):
            raise
        return False


def managed(iam, policy):
    versions = sorted(policy["PolicyVersionList"], key=lambda v: int(v["VersionId"][1:]))
    path = "/" + policy["Arn"].split(":policy/")[1].rpartition("/")[0]
    made = iam.create_policy(
        PolicyName=policy["PolicyName"], Path=path.rstrip("/") + "/", PolicyDocument=document(versions[0], "Document"),
    )["Policy"]
    for version in versions[1:]:
        iam.create_policy_version(PolicyArn=made["Arn"], PolicyDocument=document(version, "Document"))
    for version in versions:
        if version.get("IsDefaultVersion") or version["VersionId"] == policy.get("DefaultVersionId"):
            iam.set_default_policy_version(PolicyArn=made["Arn"], VersionId=version["VersionId"])


def build_role(iam, role):
    name = role["RoleName"]
    extra = {}
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    if boundary:
        extra["PermissionsBoundary"] = boundary
    iam.create_role(
        RoleName=name, Path=role.get("Path", "/"), AssumeRolePolicyDocument=document(role, "AssumeRolePolicyDocument"),
        Tags=role.get("Tags", []), **extra,
    )
    for inline in role.get("RolePolicyList", []):
        iam.put_role_policy(RoleName=name, PolicyName=inline["PolicyName"], PolicyDocument=document(inline))
    for attached in role.get("AttachedManagedPolicies", []):
        attach(lambda arn: iam.attach_role_policy(RoleName=name, PolicyArn=arn), attached)
    for profile in role.get("InstanceProfileList", []):
        iam.create_instance_profile(InstanceProfileName=profile["InstanceProfileName"])
        iam.add_role_to_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName=name)


def build_user(iam, user):
    name = user["UserName"]
    whole = True
    iam.create_user(UserName=name, Path=user.get("Path", "/"), Tags=user.get("Tags", []))
    for inline in user.get("UserPolicyList", []):
        whole &= attach(
            lambda text: iam.put_user_policy(UserName=name, PolicyName=inline["PolicyName"], PolicyDocument=text),
            {"PolicyArn": document(inline)},
        )
    for attached in user.get("AttachedManagedPolicies", []):
        whole &= attach(lambda arn: iam.attach_user_policy(UserName=name, PolicyArn=arn), attached)
    for group in user.get("GroupList", []):
        iam.add_user_to_group(GroupName=group, UserName=name)
    return whole


if __name__ == "__main__":
    main(*sys.argv[1:])
