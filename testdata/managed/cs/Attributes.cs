using System;
using System.ComponentModel;
using System.Reflection;

[assembly: AssemblyMetadata("AwsAccessKeyId", "@{id:managed-assembly}")]
[assembly: AssemblyMetadata("BuildHash", "@{hash:managed-assembly}")]
[assembly: AssemblyMetadata("AwsSecretAccessKey", "@{secret:managed-assembly}")]

namespace Shop.Api
{
    [AttributeUsage(AttributeTargets.All, AllowMultiple = true)]
    public class AwsKeysAttribute : Attribute
    {
        public AwsKeysAttribute() { }
        public AwsKeysAttribute(string id, string secret) { }
        public string AccessKey { get; set; }
        public string SecretKey { get; set; }
        public DayOfWeek Day;
    }

    [AwsKeys("@{id:managed-positional}", "@{secret:managed-positional}")]
    public class Positional { }

    [AwsKeys(Day = DayOfWeek.Friday, AccessKey = "@{id:managed-named-attr}", SecretKey = "@{secret:managed-named-attr}")]
    public class Named { }

    public class Settings
    {
        [DefaultValue("@{id:managed-default}")]
        public string AwsKey { get; set; }
        [DefaultValue("@{hash:managed-default}")]
        public string Revision { get; set; }
        [DefaultValue("@{secret:managed-default}")]
        public string AwsSecret { get; set; }
    }

    public class Defaults
    {
        public void Connect(string host, string accessKey = "@{id:managed-optional}", string secretKey = "@{secret:managed-optional}") { }
    }
}
