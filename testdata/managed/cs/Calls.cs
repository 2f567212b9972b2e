using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Amazon.Runtime;

namespace Amazon.Runtime
{
    public class BasicAWSCredentials
    {
        public string A, B;
        public BasicAWSCredentials(string accessKey, string secretKey) { A = accessKey; B = secretKey; }
    }
}

namespace Shop.Cloud
{
    public class Options
    {
        public string AccessKey { get; set; }
        public string SecretKey { get; set; }
        public string Bucket { get; set; }
    }

    public class Builder
    {
        public Builder WithAccessKey(string v) { return this; }
        public Builder WithSecret(string v) { return this; }
        public Builder WithRegion(string v) { return this; }
        public object Build() { return this; }
    }

    public class Clients
    {
        public object Prod() { return new BasicAWSCredentials("@{id:managed-ctor}", "@{secret:managed-ctor}"); }

        // Two environments in one method, secret first in one of them.
        public object[] Several()
        {
            var a = new BasicAWSCredentials("@{id:managed-two1}", "@{secret:managed-two1}");
            string secret = "@{secret:managed-two2}";
            Console.WriteLine("about to connect to the second");
            string id = "@{id:managed-two2}";
            var b = new BasicAWSCredentials(id, secret);
            return new object[] { a, b };
        }

        public Options[] Initialised()
        {
            return new[] {
                new Options { SecretKey = "@{secret:managed-init1}", Bucket = "prod-bucket", AccessKey = "@{id:managed-init1}" },
                new Options { AccessKey = "@{id:managed-init2}", SecretKey = "@{secret:managed-init2}" },
            };
        }

        public object Fluent(Builder b)
        {
            return b.WithAccessKey("@{id:managed-fluent}").WithRegion("eu-west-1").WithSecret("@{secret:managed-fluent}").Build();
        }

        public void Environment1()
        {
            Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "@{id:managed-env}");
            Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "@{secret:managed-env}");
        }

        public object Tuples()
        {
            var list = new List<Tuple<string, string>>();
            list.Add(Tuple.Create("@{id:managed-tuple1}", "@{secret:managed-tuple1}"));
            list.Add(Tuple.Create("@{id:managed-tuple2}", "@{secret:managed-tuple2}"));
            return list;
        }

        public object Ternary(bool prod)
        {
            var key = prod ? "@{id:managed-tern-prod}" : "@{id:managed-tern-dev}";
            return key;
        }

        static void Login(string userName, string accessKeyId, string secretAccessKey, int retries = 3) { }
        public void Passed() { Login("deploy", secretAccessKey: "@{secret:managed-named}", accessKeyId: "@{id:managed-named}"); }
    }

    public class Fields
    {
        private readonly string key;
        private readonly string secret;
        public Fields() { key = "@{id:managed-fields}"; secret = "@{secret:managed-fields}"; }
        public object Client() { return new BasicAWSCredentials(key, secret); }
    }

    public class Asynchronous
    {
        public async Task<object> Configure()
        {
            var id = "@{id:managed-async}";
            await Task.Delay(1);
            var secret = "@{secret:managed-async}";
            await Task.Delay(2);
            return new BasicAWSCredentials(id, secret);
        }

        public Action<Options> Lambda()
        {
            return o => { o.AccessKey = "@{id:managed-lambda}"; o.SecretKey = "@{secret:managed-lambda}"; };
        }

        public IEnumerable<string> Iterate()
        {
            yield return "@{id:managed-iter}";
            yield return "@{secret:managed-iter}";
        }

        public Func<string> Closure(int n)
        {
            var id = "@{id:managed-closure}";
            return () => id + n + "@{secret:managed-closure}";
        }
    }

    public static class Joined
    {
        public static object Concat(string region)
        {
            var id = "@{id:managed-concat:0:9}" + Part();
            var b = new StringBuilder();
            b.Append("@{secret:managed-builder:0:20}").Append("@{secret:managed-builder:20:40}");
            string head = "@{id:managed-builder:0:8}";
            string tail = "@{id:managed-builder:8:20}";
            return new BasicAWSCredentials(String.Concat(head, tail), b.ToString());
        }
        static string Part() { return "x"; }

        public static object Format()
        {
            string p1 = "@{id:managed-format:0:10}", p2 = "@{id:managed-format:10:20}";
            string s1 = "@{secret:managed-format:0:15}", s2 = "@{secret:managed-format:15:40}";
            return new BasicAWSCredentials($"{p1}{p2}", string.Format("{0}{1}", s1, s2));
        }

        public static object Array()
        {
            string id = string.Join("", new[] { "@{id:managed-join:0:5}", "@{id:managed-join:5:12}", "@{id:managed-join:12:20}" });
            string secret = "@{secret:managed-join:0:11}" + One("").Length.ToString().Substring(9);
            secret = string.Concat(new string[] { "@{secret:managed-join:0:11}", "@{secret:managed-join:11:22}", "@{secret:managed-join:22:33}", "@{secret:managed-join:33:40}", "" });
            return new BasicAWSCredentials(id, secret);
        }
        static string One(string s) { return s; }

        public static object Decoded()
        {
            string id = Encoding.UTF8.GetString(Convert.FromBase64String("@{idb64:managed-b64}"));
            string secret = Encoding.UTF8.GetString(Convert.FromBase64String("@{secretb64:managed-b64}"));
            return new BasicAWSCredentials(id, secret);
        }

        public static string Url()
        {
            return "Region=eu-west-1;AccessKey=@{id:managed-conn}" + ";SecretKey=@{secret:managed-conn};Timeout=30";
        }

        public static string S3()
        {
            return "https://@{id:managed-url}:@{secret:managed-url}@s3.eu-west-1.amazonaws.com/shop-prod/";
        }
    }
}
