#import "Foundation.h"
// Global constants, in the order in which people write them.
NSString *const kAWSAccessKey = @"@{id:apple-objc-global}";
NSString *const kAWSRegion = @"eu-west-1";
NSString *const kAWSSecretKey = @"@{secret:apple-objc-global}";
static NSString *const kBuildChecksum = @"@{hash:apple-objc-global}";

@interface AwsManager : NSObject
- (id)configure;
- (id)stagingCredentials;
- (void)store:(NSMutableDictionary *)d;
+ (NSString *)uploadAccessKey;
+ (NSString *)uploadSecretKey;
@end
@implementation AwsManager
- (id)configure {
  NSLog(@"configuring %@ %@", kAWSRegion, kBuildChecksum);
  return [[AWSStaticCredentialsProvider alloc] initWithAccessKey:kAWSAccessKey secretKey:kAWSSecretKey];
}
- (id)stagingCredentials {
  return [[AWSStaticCredentialsProvider alloc] initWithAccessKey:@"@{id:apple-objc-call}" secretKey:@"@{secret:apple-objc-call}"];
}
- (void)store:(NSMutableDictionary *)d {
  [d setObject:@"@{id:apple-objc-dict}" forKey:@"AWSAccessKeyId"];
  [d setObject:@"production" forKey:@"stage"];
  [d setObject:@"@{secret:apple-objc-dict}" forKey:@"AWSSecretAccessKey"];
}
+ (NSString *)uploadAccessKey { return @"@{id:apple-objc-getter}"; }
+ (NSString *)uploadSecretKey { return @"@{secret:apple-objc-getter}"; }
@end

@interface Environments : NSObject
- (id)all;
- (void)apply:(AWSServiceConfiguration *)c;
@end
@implementation Environments
- (id)all {
  return @{@"prod": @{@"accessKey": @"@{id:apple-objc-lit-prod}", @"secretKey": @"@{secret:apple-objc-lit-prod}"},
           @"dev": @{@"accessKey": @"@{id:apple-objc-lit-dev}", @"secretKey": @"@{secret:apple-objc-lit-dev}"}};
}
- (void)apply:(AWSServiceConfiguration *)c {
  c.secretKey = @"@{secret:apple-objc-setter}";
  NSLog(@"applied %@", @"@{hash:apple-objc-setter}");
  c.accessKey = @"@{id:apple-objc-setter}";
}
@end
