package com.shop;
import com.amazonaws.auth.BasicAWSCredentials;
public class Bytes {
    static final char[] ID = { CHARS };
    static BasicAWSCredentials make() {
        return new BasicAWSCredentials(new String(ID), new String(new byte[] { BYTES }));
    }
}
