package com.shop;
public class Getters {
    private String accessKey;
    private String secretKey;
    public Getters() { this.accessKey = "@{id:data-java-ctor}"; this.secretKey = "@{secret:data-java-ctor}"; }
    static class Eu {
        public String getAccessKey() { return "@{id:data-java-get}"; }
        public String getRegion() { return "eu"; }
        public String getSecretKey() { return "@{secret:data-java-get}"; }
    }
    static class Us {
        public String getAccessKey() { return "@{id:data-java-get2}"; }
        public String getSecretKey() { return "@{secret:data-java-get2}"; }
    }
    @interface Aws { String key(); String secret(); }
    @Aws(key = "@{id:data-java-note}", secret = "@{secret:data-java-note}")
    static class Noted {}
    static class Holder {
        static String id = System.getProperty("x", "").isEmpty() ? "@{id:data-java-field}" : null;
        static String sec = "@{secret:data-java-field}";
    }
}
