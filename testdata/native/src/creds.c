/* Several author habits in one library: returned, table, struct, stack, globals. */
#include <stddef.h>
#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
extern int snprintf(char *, size_t, const char *, ...);

struct account { const char *name; const char *id; const char *secret; int port; };

const struct account kAccounts[] = {
    {"production", "@{id:native-c-prod}", "@{secret:native-c-prod}", 443},
    {"staging", "@{id:native-c-stage}", "@{secret:native-c-stage}", 8443},
};

static const char *const kBuildChecksum = "@{hash:native-c}";
const char *kUploadAccessKey = "@{id:native-c-global}";
const char *kUploadSecretKey = "@{secret:native-c-global}";

EXPORT const char *shop_checksum(void) { return kBuildChecksum; }

EXPORT __attribute__((noinline)) int shop_sign(char *out, size_t n, const char *what) {
    return snprintf(out, n, "%s:%s:%s", "@{id:native-c-sign}", what, "@{secret:native-c-sign}");
}

EXPORT __attribute__((noinline)) int shop_legacy(char *out, size_t n) {
    int r = snprintf(out, n, "AWS %s %s", "@{id:native-c-legacy}", kUploadAccessKey);
    return r + snprintf(out + r, n - r, "%s %s", "@{secret:native-c-legacy}", kUploadSecretKey);
}

EXPORT const struct account *shop_account(int i) { return &kAccounts[i & 1]; }
