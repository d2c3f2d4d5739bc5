// Python bindings; rempart.signals.match.segment is the interface for callers.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <memory>
#include <optional>

#include "build.hpp"
#include "kernels.hpp"
#include "search.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using namespace rempart;

template <class Element>
using View = nb::ndarray<const Element, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class Element>
using Filled = nb::ndarray<Element, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Codes = nb::ndarray<const std::uint8_t, nb::shape<-1, kCodeBytes>, nb::c_contig, nb::device::cpu>;
using Gone = View<std::uint8_t>;

Layout layout_of(const Codes& codes) {
  if (codes.shape(0) > 0xFFFF'FFFF) throw nb::value_error("a segment holds at most 2^32 - 1 entries");
  return {static_cast<std::uint32_t>(codes.shape(0))};
}

void require(bool condition, const char* what) {
  if (!condition) throw nb::value_error(what);
}

// The tables of a segment over arrays that Python owns.
class Engine {
 public:
  explicit Engine(Codes codes) : codes_(std::move(codes)) {
    tables_.codes = codes_.data();
    tables_.layout = layout_of(codes_);
  }

  Engine(Codes codes, View<std::uint32_t> offsets, View<std::uint16_t> sketches, View<std::uint16_t> lows,
         View<std::uint64_t> highs, bool always_bucketed)
      : Engine(std::move(codes)) {
    const Layout& layout = tables_.layout;
    require(offsets.size() == layout.offsets_size() && sketches.size() == layout.sketches_size() &&
                lows.size() == layout.lows_size() && highs.size() == layout.highs_size(),
            "a section has not the size that goes with the number of entries");
    tables_.always_bucketed = always_bucketed;
    tables_.offsets = offsets.data();
    tables_.sketches = sketches.data();
    tables_.lows = lows.data();
    tables_.highs = highs.data();
    offsets_ = std::move(offsets);
    sketches_ = std::move(sketches);
    lows_ = std::move(lows);
    highs_ = std::move(highs);
  }

  const Tables& tables() const { return tables_; }

 private:
  Codes codes_;
  std::optional<View<std::uint32_t>> offsets_;
  std::optional<View<std::uint16_t>> sketches_, lows_;
  std::optional<View<std::uint64_t>> highs_;
  Tables tables_;
};

template <class Element>
nb::ndarray<nb::numpy, Element, nb::ndim<1>> give_away(std::vector<Element>&& values) {
  auto owned = std::make_unique<std::vector<Element>>(std::move(values));
  const std::size_t size = owned->size();
  Element* data = owned->data();
  nb::capsule owner(owned.release(), [](void* pointer) noexcept { delete static_cast<std::vector<Element>*>(pointer); });
  return {data, {size}, owner};
}

using Search = Result (*)(const Tables&, const Request&);

nb::tuple run(Search search, const Tables& tables, const Codes& queries, unsigned radius, unsigned threads,
              const std::optional<Gone>& gone) {
  require(queries.shape(0) < 0xFFFF'FFFF, "at most 2^32 - 2 queries at once");
  require(radius <= kMaxRadius && threads >= 1, "the radius is 0 to 63 and there is at least one thread");
  require(!gone || gone->size() >= (std::size_t{tables.count()} + 7) / 8, "gone needs a bit for each entry");
  const Request request{queries.data(), static_cast<std::uint32_t>(queries.shape(0)), radius, threads,
                        gone ? gone->data() : nullptr};
  Result result;
  {
    nb::gil_scoped_release released;
    result = search(tables, request);
  }
  return nb::make_tuple(give_away(std::move(result.offsets)), give_away(std::move(result.positions)),
                        give_away(std::move(result.distances)));
}

template <Search kSearch>
nb::tuple run_engine(const Engine& engine, const Codes& queries, unsigned radius, unsigned threads,
                     const std::optional<Gone>& gone) {
  return run(kSearch, engine.tables(), queries, radius, threads, gone);
}

nb::tuple run_scan(const Codes& codes, const Codes& queries, unsigned radius, unsigned threads,
                   const std::optional<Gone>& gone) {
  Tables tables;
  tables.codes = codes.data();
  tables.layout = layout_of(codes);
  return run(scan, tables, queries, radius, threads, gone);
}

nb::tuple section_sizes(std::uint32_t count) {
  const Layout layout{count};
  return nb::make_tuple(layout.offsets_size(), layout.sketches_size(), layout.lows_size(), layout.highs_size());
}

void fill(const Codes& codes, Filled<std::uint32_t> offsets, Filled<std::uint16_t> sketches,
          Filled<std::uint16_t> lows, Filled<std::uint64_t> highs, unsigned threads) {
  const Layout layout = layout_of(codes);
  require(offsets.size() == layout.offsets_size() && sketches.size() == layout.sketches_size() &&
              lows.size() == layout.lows_size() && highs.size() == layout.highs_size() && threads >= 1,
          "a section has not the size that goes with the number of entries");
  const Sections sections{offsets.data(), sketches.data(), lows.data(), highs.data()};
  nb::gil_scoped_release released;
  build(codes.data(), layout, sections, threads);
}

}  // namespace

NB_MODULE(_search, module) {
  module.doc() = "The C++ core of search; see rempart.signals.match.segment.";
  module.attr("simd") = kernels().name;
  nb::exception<Corrupt>(module, "Corrupt");
  module.def("section_sizes", section_sizes, "count"_a);
  module.def("build", fill, "codes"_a, "offsets"_a, "sketches"_a, "lows"_a, "highs"_a, "threads"_a);
  module.def("scan", run_scan, "codes"_a, "queries"_a, "radius"_a, "threads"_a, "gone"_a.none());
  nb::class_<Engine>(module, "Engine")
      .def(nb::init<Codes>(), "codes"_a)
      .def(nb::init<Codes, View<std::uint32_t>, View<std::uint16_t>, View<std::uint16_t>, View<std::uint64_t>,
                    bool>(),
           "codes"_a, "offsets"_a, "sketches"_a, "lows"_a, "highs"_a, "always_bucketed"_a = false)
      .def("search", run_engine<search>, "queries"_a, "radius"_a, "threads"_a, "gone"_a.none())
      .def("join", run_engine<join>, "queries"_a, "radius"_a, "threads"_a, "gone"_a.none());
}
