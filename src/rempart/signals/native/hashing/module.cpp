#include <nanobind/nanobind.h>

NB_MODULE(_hashing, module) { module.doc() = "The C++ core of hashing; see rempart.signals."; }
