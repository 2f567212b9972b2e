// Keys that code makes when it runs: each class takes them apart in another way.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Amazon.Runtime;

namespace Amazon.Runtime
{
    public class BasicAWSCredentials
    {
        public BasicAWSCredentials(string accessKey, string secretKey) { }
    }
}

namespace Shop.Hidden
{
    // A helper of its own, and fields of the class.
    public static class Xor
    {
        static string Open(byte[] data, byte key)
        {
            var plain = new byte[data.Length];
            for (int n = 0; n < data.Length; n++) plain[n] = (byte)(data[n] ^ key);
            return Encoding.UTF8.GetString(plain);
        }
        public static readonly string AccessKey = Open(new byte[] { @XOR{id:managed-xor:5A} }, 0x5A);
        public static readonly string SecretKey = Open(new byte[] { @XOR{secret:managed-xor:5A} }, 0x5A);
    }

    // In place, in the method that uses it.
    public class InPlace
    {
        public object Client()
        {
            byte[] id = { @XOR{id:managed-in-place:21} };
            for (int n = 0; n < id.Length; n++) id[n] ^= 0x21;
            byte[] secret = { @XOR{secret:managed-in-place:21} };
            for (int n = 0; n < secret.Length; n++) secret[n] ^= 0x21;
            return new BasicAWSCredentials(Encoding.ASCII.GetString(id), Encoding.ASCII.GetString(secret));
        }
    }

    // A key of several bytes, all in fields; properties.
    public class Repeating
    {
        static readonly byte[] mask = { 0x07, 0x63, 0xC8, 0x0D };
        static readonly byte[] first = { @XOR{id:managed-repeating:0763C80D} };
        static readonly byte[] second = { @XOR{secret:managed-repeating:0763C80D} };
        static string Open(byte[] data)
        {
            var plain = new char[data.Length];
            for (int n = 0; n < data.Length; n++) plain[n] = (char)(data[n] ^ mask[n % mask.Length]);
            return new string(plain);
        }
        public string AccessKey { get { return Open(first); } }
        public string SecretKey { get { return Open(second); } }
    }

    public class Shifted
    {
        static string Open(string text)
        {
            string plain = "";
            foreach (char c in text) plain += (char)(c - 2);
            return plain;
        }
        public static string AccessKey = Open("@PLUS{id:managed-shifted:2}");
        public static string SecretKey = Open("@PLUS{secret:managed-shifted:2}");
    }

    // The string that is turned round looks like a secret itself.
    public class Turned
    {
        static string Back(string text)
        {
            char[] letters = text.ToCharArray();
            Array.Reverse(letters);
            return new string(letters);
        }
        static string a = Back("@BACK{id:managed-turned}");
        static string b = Back("@BACK{secret:managed-turned}");
    }

    public class Queried
    {
        public object Client()
        {
            return new BasicAWSCredentials(
                new string("@BACK{id:managed-queried}".Reverse().ToArray()),
                new string(new int[] { @XOR{secret:managed-queried:37} }.Select(n => (char)(n ^ 0x37)).ToArray()));
        }
    }

    public class CutOut
    {
        public object Client()
        {
            return new BasicAWSCredentials("xx@{id:managed-cut-out}yy".Substring(2, 20), "@{secret:managed-cut-out:0:3}#@{secret:managed-cut-out:3:}".Remove(3, 1));
        }
    }

    // Pieces in another class, in an array, from a method.
    public static class Pieces
    {
        public static readonly string A = "@{id:managed-pieces:0:10}", B = "@{id:managed-pieces:10:}";
        static readonly string[] rest = { "@{secret:managed-pieces:0:20}", "@{secret:managed-pieces:20:33}" };
        public static string Rest(int n) { return rest[n]; }
        public static string Tail() { return "@{secret:managed-pieces:33:}"; }
    }

    public class OfPieces
    {
        public object Client() { return new BasicAWSCredentials(Pieces.A + Pieces.B, Pieces.Rest(0) + Pieces.Rest(1) + Pieces.Tail()); }
    }

    // Every second character; a function in a field.
    public class Sparse
    {
        static Func<string, string> open = text =>
        {
            var plain = new StringBuilder();
            for (int n = 0; n < text.Length; n += 2) plain.Append(text[n]);
            return plain.ToString();
        };
        public static string KeyId = open("@SPARSE{id:managed-sparse}");
        public static string KeySecret = open("@SPARSE{secret:managed-sparse}");
    }

    public class Listed
    {
        static string Open(string text)
        {
            var letters = new List<char>();
            foreach (var c in text) letters.Insert(0, c);
            return new string(letters.ToArray());
        }
        public object Client() { return new BasicAWSCredentials(Open("@BACK{id:managed-listed}"), Open("@BACK{secret:managed-listed}")); }
    }

    // What comes out of the same code and is no secret.
    public static class Sums
    {
        static string Back(string text) { char[] letters = text.ToCharArray(); Array.Reverse(letters); return new string(letters); }
        public static readonly string Checksum = Back("@BACK{sha1:managed-hidden-sum}");
    }
}
