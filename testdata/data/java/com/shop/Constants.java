package com.shop;
public final class Constants {
    public static final String PROD_ACCESS_KEY = "@{id:data-java-prod}";
    public static final String BUILD = "@{hash:data-java-build}";
    public static final String STAGING_SECRET_KEY = "@{secret:data-java-staging}";
    public static final String STAGING_ACCESS_KEY = "@{id:data-java-staging}";
    public static final String PROD_SECRET_KEY = "@{secret:data-java-prod}";
}
