/* Strings that never stand in the data: the compiler makes immediates of them. */
extern void use(const char *id, const char *secret);
__attribute__((noinline)) void upload(void) {
    char id[] = "@{id:native-stack}";
    char secret[] = "@{secret:native-stack}";
    use(id, secret);
}
__attribute__((noinline)) void backup(void) {
    volatile char id[24], secret[48];
    const char *unused = "backup-bucket"; (void)unused;
@{BYTES}
    use((const char *)id, (const char *)secret);
}
