using System;
using System.Collections.Generic;
using System.Text;

namespace Shop.Config
{
    // Constants: never loaded by any code.
    public static class Consts
    {
        public const string AccessKeyId = "@{id:managed-const}";
        public const string Checksum = "@{hash:managed-const}";
        public const string SecretAccessKey = "@{secret:managed-const}";
    }

    // Static fields, two environments in one class.
    public class Statics
    {
        public static readonly string ProdAccessKey = "@{id:managed-prod}";
        static string stagingSecret = "@{secret:managed-staging}";
        public static readonly string ProdSecretKey = "@{secret:managed-prod}";
        static string stagingAccessKey = "@{id:managed-staging}";
        public static string Use() { return stagingSecret + stagingAccessKey; }
    }

    // Instance properties with initialisers, and one that only answers.
    public class Settings
    {
        public string AccessKey { get; set; } = "@{id:managed-auto}";
        public string Region { get; set; } = "eu-central-1-or-somewhere-else-entirely";
        public string SecretKey { get; private set; } = "@{secret:managed-auto}";
    }

    public class Getters
    {
        public string AwsId { get { return "@{id:managed-getter}"; } }
        public string AwsSecret => "@{secret:managed-getter}";
    }

    // Nested classes, one pair each: the fields are named alike.
    public static class Environments
    {
        public static class Production
        {
            public const string Key = "@{id:managed-nested-prod}";
            public const string Secret = "@{secret:managed-nested-prod}";
        }
        public static class Testing
        {
            public const string Key = "@{id:managed-nested-test}";
            public const string Secret = "@{secret:managed-nested-test}";
        }
    }

    public class Maps
    {
        static readonly Dictionary<string, string> Live = new Dictionary<string, string> {
            { "aws_access_key_id", "@{id:managed-map}" },
            { "etag", "@{hash:managed-map}" },
            { "aws_secret_access_key", "@{secret:managed-map}" },
        };
        static readonly Dictionary<string, string> Demo = new Dictionary<string, string> {
            ["AccessKey"] = "@{id:managed-index}",
            ["SecretKey"] = "@{secret:managed-index}",
        };
        static readonly string[] Both = { "@{id:managed-array}", "@{secret:managed-array}" };
        static readonly string[][] Rows = {
            new[] { "one", "@{id:managed-row1}", "@{secret:managed-row1}" },
            new[] { "two", "@{id:managed-row2}", "@{secret:managed-row2}" },
        };
        public static object Use() { return new object[] { Live, Demo, Both, Rows }; }
    }

    public static class Bytes
    {
        static readonly byte[] KeyId = { @BYTES{id:managed-bytes} };
        static readonly byte[] Secret = { @BYTES{secret:managed-bytes} };
        public static string Id() { return Encoding.UTF8.GetString(KeyId); }
        public static string Two() { return Encoding.ASCII.GetString(Secret); }
    }

    public static class Chars
    {
        public static string AccessKey() { return new string(new char[] { @CHARS{id:managed-chars} }); }
        public static string SecretKey() { return new string(new char[] { @CHARS{secret:managed-chars} }); }
    }
}
