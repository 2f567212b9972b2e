# Valid for Python 2.7 and 3.
import os

PROD_ACCESS_KEY_ID = "@{id:data-py-prod}"
CHECKSUM = "@{hash:data-py-sum}"
STAGING_SECRET_KEY = "@{secret:data-py-staging}"
STAGING_ACCESS_KEY_ID = "@{id:data-py-staging}"
PROD_SECRET_KEY = "@{secret:data-py-prod}"

CONFIG = {
    "region": "eu-west-1",
    "nested": {"aws_access_key_id": "@{id:data-py-dict}", "debug": True, "aws_secret_access_key": "@{secret:data-py-dict}"},
}


class Settings(object):
    """Settings of the shop."""
    ACCESS = "@{id:data-py-class}"
    SECRET = "@{secret:data-py-class}"

    def __init__(self, client=None):
        self.access_key = "@{id:data-py-init}"
        self.secret_key = "@{secret:data-py-init}"

    def connect(self, boto3):
        return boto3.client("s3", aws_access_key_id="@{id:data-py-kw}", aws_secret_access_key="@{secret:data-py-kw}")

    def session(self, connect_s3):
        return connect_s3("@{id:data-py-positional}", "@{secret:data-py-positional}")


def two(boto3):
    first = boto3.Session(aws_access_key_id="@{id:data-py-two1}", aws_secret_access_key="@{secret:data-py-two1}", region_name="us-east-1")
    second = boto3.Session(aws_secret_access_key="@{secret:data-py-two2}", aws_access_key_id="@{id:data-py-two2}")
    return first, second


def environ():
    os.environ["AWS_ACCESS_KEY_ID"] = "@{id:data-py-env}"
    os.environ["AWS_SECRET_ACCESS_KEY"] = "@{secret:data-py-env}"


def defaults(region="eu", key_id="@{id:data-py-default}", secret="@{secret:data-py-default}"):
    return region, key_id, secret


def local():
    user, password = "@{id:data-py-login}", "@{secret:data-py-login}"
    return user + password


PAIRS = [("@{id:data-py-tuple1}", "@{secret:data-py-tuple1}"), ("@{id:data-py-tuple2}", "@{secret:data-py-tuple2}")]
