.class public interface abstract Lcom/amazonaws/auth/AWSCredentials;
.super Ljava/lang/Object;
.source "AWSCredentials.java"


# virtual methods
.method public abstract getAWSAccessKeyId()Ljava/lang/String;
.end method

.method public abstract getAWSSecretKey()Ljava/lang/String;
.end method
