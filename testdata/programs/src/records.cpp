// Three records, of which the one in the middle has a checksum where others have an id.
struct Account { const char *name, *id, *secret; int kind; };
extern "C" Account accounts[] = {
    {"live", "@{id:prog-cpp-live}", "@{secret:prog-cpp-live}", 1},
    {"sum", "@{hash:prog-cpp}", "", 2},
    {"test", "@{id:prog-cpp-test}", "@{secret:prog-cpp-test}", 1},
};
// No room for a NUL.
struct Packed { char id[20]; char secret[40]; int kind; };
extern "C" Packed packed = {{CHARS_ID}, {CHARS_SECRET}, 7};
