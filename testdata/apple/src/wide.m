#import "Foundation.h"
// A string outside ASCII makes the compiler write UTF-16.
NSString *const kHint = @"Schlüssel für die Übertragung: \u65e5\u672c";
NSString *const kLegacy = @"id=@{id:apple-objc-wide} geheim=@{secret:apple-objc-wide} größe";
