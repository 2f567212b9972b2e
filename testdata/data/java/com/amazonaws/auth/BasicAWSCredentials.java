package com.amazonaws.auth;
public class BasicAWSCredentials {
    private final String a, b;
    public BasicAWSCredentials(String accessKey, String secretKey) { a = accessKey; b = secretKey; }
}
