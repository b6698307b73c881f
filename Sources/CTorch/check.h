#pragma once
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

// What check_kernels.cpp and check_fused.cpp share: the table's rows.

namespace check {

inline int failures = 0;

inline void heading(const char *title) {
  std::printf("\n%-34s %-16s %-5s %10s %10s %10s %9s\n", title, "shape", "type", "error", "allowed", "us",
              "GB/s");
}

/// One row: `error` is ‖found − expected‖ / ‖expected‖, the largest of the outputs'. No time: 0.
inline void row(const std::string &name, const std::string &shape, const char *type, double error,
                double allowed, double microseconds = 0, double bytes = 0) {
  bool good = error <= allowed; // NaN is not
  if (!good) failures++;
  char time[40] = "         -         -";
  if (microseconds > 0)
    std::snprintf(time, sizeof time, "%10.1f %9.0f", microseconds, bytes / microseconds * 1e-3);
  std::printf("%-34s %-16s %-5s %10.2e %10.1e %20s %s\n", name.c_str(), shape.c_str(), type, error, allowed,
              time, good ? "ok" : "FAILED");
  std::fflush(stdout);
}

/// The rows of kernels.h and, where the program has libtorch, those of fused.h.
void kernels();
void functions();

} // namespace check
