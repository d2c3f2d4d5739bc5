#include <nanobind/nanobind.h>

NB_MODULE(_search, module) { module.doc() = "The C++ core of search; see rempart.signals."; }
