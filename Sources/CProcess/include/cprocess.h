// The bytes of the program's arguments, which Swift offers only as repaired text, and not at all where
// /proc is not mounted.
#pragma once

// The arguments as the system passed them, the program's name first; NULL ends them. NULL in place of
// the list where the C library does not hand them to constructors (musl).
char *const *cprocess_arguments(void);
