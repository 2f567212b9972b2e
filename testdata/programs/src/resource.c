#include <windows.h>
char space[100000] = {1};
int WINAPI WinMain(HINSTANCE a, HINSTANCE b, LPSTR c, int d) { return space[d]; }
