#include "cprocess.h"

// Also says which C library it is.
#include <stdlib.h>

static char *const *arguments;

#if defined(__GLIBC__) || defined(__APPLE__)
// Both call constructors as they call main.
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
  (void)count;
  arguments = values;
}
#endif

char *const *cprocess_arguments(void) { return arguments; }
