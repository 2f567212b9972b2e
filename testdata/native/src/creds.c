/* Several author habits in one library: returned, table, struct, stack, globals. */
#include <string.h>
#include <stdio.h>

struct account { const char *name; const char *id; const char *secret; int port; };

const struct account kAccounts[] = {
    {"production", "@{id:native-c-prod}", "@{secret:native-c-prod}", 443},
    {"staging", "@{id:native-c-stage}", "@{secret:native-c-stage}", 8443},
};

static const char *const kBuildChecksum = "@{hash:native-c}";
const char *kUploadAccessKey = "@{id:native-c-global}";
const char *kUploadSecretKey = "@{secret:native-c-global}";

__attribute__((visibility("default"))) const char *shop_checksum(void) { return kBuildChecksum; }

__attribute__((visibility("default"), noinline)) int shop_sign(char *out, size_t n, const char *what) {
    return snprintf(out, n, "%s:%s:%s", "@{id:native-c-sign}", what, "@{secret:native-c-sign}");
}

__attribute__((visibility("default"), noinline)) int shop_legacy(char *out, size_t n) {
    int r = snprintf(out, n, "AWS %s %s", "@{id:native-c-legacy}", kUploadAccessKey);
    return r + snprintf(out + r, n - r, "%s %s", "@{secret:native-c-legacy}", kUploadSecretKey);
}

__attribute__((visibility("default"))) const struct account *shop_account(int i) { return &kAccounts[i & 1]; }
