#include <wchar.h>
extern void use(const wchar_t *id, const wchar_t *secret);
void connect_wide(void) { use(L"@{id:native-wide}", L"@{secret:native-wide}"); }
