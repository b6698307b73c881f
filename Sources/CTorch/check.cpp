// The program that `check` builds; its exit status is 1 where a row says FAILED.
#include "check.h"

int main() {
  check::kernels();
#ifdef VZT_CHECK_FUNCTIONS
  check::functions();
#endif
  std::printf("\n%s\n", check::failures ? "FAILED" : "all ok");
  return check::failures ? 1 : 0;
}
