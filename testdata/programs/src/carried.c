#include "carried.h"
#include <stdio.h>
int main(void) { return fwrite(carried, carried_len, 1, stdout) != 1; }
