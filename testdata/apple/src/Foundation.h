// The little of Foundation that the scenes need; no SDK is to be had here.
#import <stddef.h>
typedef signed char BOOL;
#define nil ((id)0)
@class NSString, NSDictionary;
__attribute__((objc_root_class)) @interface NSObject { Class isa; }
+ (id)alloc;
- (id)init;
+ (id)new;
@end
@interface NSString : NSObject
@end
extern int __CFConstantStringClassReference[];
@interface NSDictionary : NSObject
+ (id)dictionaryWithObjects:(const id [])objects forKeys:(const id [])keys count:(unsigned long)n;
@end
@interface NSMutableDictionary : NSDictionary
- (void)setObject:(id)value forKey:(id)key;
- (void)setObject:(id)value forKeyedSubscript:(id)key;
@end
@interface NSArray : NSObject
+ (id)arrayWithObjects:(const id [])objects count:(unsigned long)n;
@end
@interface NSUserDefaults : NSObject
+ (id)standardUserDefaults;
- (void)setObject:(id)value forKey:(id)key;
@end
@interface AWSStaticCredentialsProvider : NSObject
- (id)initWithAccessKey:(NSString *)a secretKey:(NSString *)s;
@end
@interface AWSServiceConfiguration : NSObject
@property(nonatomic, strong) NSString *accessKey;
@property(nonatomic, strong) NSString *secretKey;
@end
extern void NSLog(NSString *format, ...);
extern int setenv(const char *, const char *, int);
