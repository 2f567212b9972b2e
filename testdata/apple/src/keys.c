// C: arrays, pointers, tables, arguments.
extern int puts(const char *);
extern int setenv(const char *, const char *, int);
extern void *s3_client(const char *id, const char *secret, const char *region);
const char kArrayAccessKey[] = "@{id:apple-c-array}";
const char kArrayChecksum[] = "@{hash:apple-c-array}";
const char kArraySecretKey[] = "@{secret:apple-c-array}";
const char *kPointerAccessKey = "@{id:apple-c-pointer}";
const char *kPointerSecretKey = "@{secret:apple-c-pointer}";

struct env { const char *name, *region, *id, *secret; };
const struct env kEnvironments[] = {
  {"prod", "eu-west-1", "@{id:apple-c-table-prod}", "@{secret:apple-c-table-prod}"},
  {"test", "us-east-2", "@{id:apple-c-table-test}", "@{secret:apple-c-table-test}"},
};
struct fixed { char id[24]; char secret[44]; };
const struct fixed kFixed[] = {{"@{id:apple-c-fixed-a}", "@{secret:apple-c-fixed-a}"},
                               {"@{id:apple-c-fixed-b}", "@{secret:apple-c-fixed-b}"}};
const char *const kSettings[] = {"aws_access_key_id", "@{id:apple-c-settings}", "aws_region", "eu-central-1",
                                 "aws_secret_access_key", "@{secret:apple-c-settings}", "checksum", "@{hash:apple-c-settings}"};

__attribute__((noinline)) void *open_media(void) { return s3_client("@{id:apple-c-call-media}", "@{secret:apple-c-call-media}", "eu-west-3"); }
__attribute__((noinline)) void *open_backup(void) { return s3_client("@{id:apple-c-call-backup}", "@{secret:apple-c-call-backup}", "eu-west-3"); }
__attribute__((noinline)) void export_environment(void) {
  setenv("AWS_ACCESS_KEY_ID", "@{id:apple-c-setenv}", 1);
  setenv("GIT_COMMIT", "@{sha1:apple-c-setenv}", 1);
  setenv("AWS_SECRET_ACCESS_KEY", "@{secret:apple-c-setenv}", 1);
}
int run(void) {
  puts(kEnvironments[0].name); puts(kPointerAccessKey); puts(kPointerSecretKey); puts(kArrayAccessKey);
  open_media(); open_backup(); export_environment();
  return 0;
}
