typedef unsigned short wide;
struct client { const wide *id; const wide *secret; };
extern void connect(const wide *id, const char *between, const wide *secret);
__declspec(dllexport) void upload(void) { connect(L"@{id:native-win-wide}", "between", L"@{secret:native-win-wide}"); }
extern void sign(const char *id, const char *secret);
__declspec(dllexport) void backup(void) { sign("@{id:native-win-ascii}", "@{secret:native-win-ascii}"); }
__declspec(dllexport) const char *const table[] = {
    "archive", "@{id:native-win-table}", "@{secret:native-win-table}",
    "mirror", "@{id:native-win-table-two}", "@{secret:native-win-table-two}",
};
