package com.shop;
import com.amazonaws.auth.BasicAWSCredentials;
import java.util.*;
public class Calls {
    static BasicAWSCredentials first = new BasicAWSCredentials("@{id:data-java-call1}", "@{secret:data-java-call1}");
    BasicAWSCredentials second(boolean eu, String x) {
        System.out.println("checksum @{hash:data-java-sum}");
        return new BasicAWSCredentials(eu ? x : x.trim(), x) == null ? null
            : new BasicAWSCredentials("@{id:data-java-call2}", "@{secret:data-java-call2}");
    }
    Map<String, String> map() {
        Map<String, String> m = new HashMap<>();
        m.put("aws.access.key", "@{id:data-java-map}");
        m.put("region", "eu-west-1");
        m.put("aws.secret.key", "@{secret:data-java-map}");
        Properties p = new Properties();
        p.setProperty("aws.access.key", "@{id:data-java-props}");
        p.setProperty("aws.secret.key", "@{secret:data-java-props}");
        System.out.println(p);
        return m;
    }
    Map<String, String> of() {
        return Map.of("accessKeyId", "@{id:data-java-of}", "secretAccessKey", "@{secret:data-java-of}");
    }
    static final String[] PAIR = { "@{id:data-java-array}", "@{secret:data-java-array}" };
    Runnable lambda() {
        return () -> new BasicAWSCredentials("@{id:data-java-lambda}", "@{secret:data-java-lambda}");
    }
}
