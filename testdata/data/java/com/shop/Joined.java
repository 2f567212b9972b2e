package com.shop;
import com.amazonaws.auth.BasicAWSCredentials;
public class Joined {
    static String half() { return System.getenv("X") == null ? "" : "x"; }
    BasicAWSCredentials concat(String region) {
        String head = "@{secret:data-java-concat::18}";
        String key = head + "@{secret:data-java-concat:18:}";
        String idTail = "@{id:data-java-concat:9:}";
        return new BasicAWSCredentials("@{id:data-java-concat::9}" + idTail, key);
    }
    BasicAWSCredentials builder() {
        StringBuilder b = new StringBuilder("@{secret:data-java-builder::11}");
        b.append("@{secret:data-java-builder:11:30}");
        b.append("@{secret:data-java-builder:30:}");
        return new BasicAWSCredentials("@{id:data-java-builder}", b.toString());
    }
}
