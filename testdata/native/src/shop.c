extern void connect(const char *id, const char *secret, const char *checksum);
struct account { const char *name, *id, *secret; };
struct account accounts[] = {
    {"production", "@{id:native-wasm-table}", "@{secret:native-wasm-table}"},
    {"staging", "@{id:native-wasm-table-two}", "@{secret:native-wasm-table-two}"},
};
void sign(int which) {
    connect("@{id:native-wasm-code}", "@{secret:native-wasm-code}", "@{hash:native-wasm}");
    connect(accounts[which].id, accounts[which].secret, accounts[which].name);
}
