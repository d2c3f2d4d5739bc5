/* Charts that answer: where scripts run, ECharts draws over the static picture the numbers that stand in the page.
   Nothing is fetched but the library itself, and nothing is drawn where colours are forced or data is to be saved. */
"use strict";

(() => {
  const library = document.currentScript.dataset.echarts;
  const isQuiet = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const language = document.documentElement.lang || "en";
  const open = [];
  let loading = null;

  const token = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const SYMBOLS = { a: "circle", b: "rect", c: "emptyCircle", d: "diamond" };
  const DASHES = { a: "solid", b: [8, 4], c: [2, 4], d: [12, 3, 2, 3] };
  const colour = mark => token({ a: "petrol", b: "amber-mark", c: "petrol", d: "soft" }[mark]);

  function loaded() {
    loading = loading || new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = library;
      script.onload = () => done(window.echarts);
      script.onerror = failed;
      document.head.append(script);
    });
    return loading;
  }

  function said(unit, value) {
    if (unit === "percent") return new Intl.NumberFormat(language, { style: "percent" }).format(value);
    return new Intl.NumberFormat(language, { notation: "compact" }).format(value);
  }

  /* A band is two lines, one on the other: the lower end unseen, the height of the band above it filled. */
  function band(chart, on) {
    if (!chart.band) return [];
    const quiet = { type: "line", stack: "band", symbol: "none", silent: true, tooltip: { show: false }, lineStyle: { opacity: 0 }, connectNulls: false };
    const heights = chart.band.high.map((high, at) => high === null ? null : on(high) - on(chart.band.low[at]));
    return [
      { ...quiet, name: "", data: chart.band.low.map(low => low === null ? null : on(low)) },
      { ...quiet, name: chart.band.name, data: heights, areaStyle: { color: token("petrol"), opacity: 0.14 }, itemStyle: { color: token("petrol") } },
    ];
  }

  const isLong = chart => chart.labels.length > 24;

  function options(chart) {
    const on = value => value === null ? null : chart.isLog ? Math.log10(value) : value;
    const back = value => chart.isLog ? 10 ** value : value;
    const words = { color: token("ink"), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 13 };
    const soft = { ...words, color: token("soft") };
    const many = chart.labels.length > 40;
    const series = chart.series.map(one => ({
      type: "line", name: one.name, data: one.values.map(on), connectNulls: false, cursor: "default",
      symbol: SYMBOLS[one.mark], symbolSize: 8, showAllSymbol: !many, showSymbol: !many,
      lineStyle: { color: colour(one.mark), width: 2.25, type: DASHES[one.mark] }, itemStyle: { color: colour(one.mark) },
      emphasis: { focus: "series" },
    }));
    return {
      animation: !isQuiet,
      animationDuration: 150,
      aria: { enabled: false },
      textStyle: words,
      grid: { left: 56, right: 0, top: 12, bottom: isLong(chart) ? 58 : 28 },
      legend: { show: false },
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, transitionDuration: isQuiet ? 0 : 0.1,
        backgroundColor: token("raised"), borderColor: token("control"), textStyle: words,
        formatter: found => {
          const at = found[0].dataIndex;
          const on = found.map(one => one.seriesName);
          const lines = chart.series.filter(one => one.texts[at] && on.includes(one.name)).map(one => `${one.name}: ${one.texts[at]}`);
          return [chart.labels[at], ...lines].join("\n");
        },
      },
      dataZoom: isLong(chart) ? [
        { type: "inside", zoomOnMouseWheel: "ctrl", moveOnMouseMove: true },
        { type: "slider", height: 18, bottom: 4, borderColor: token("line"), fillerColor: token("petrol-wash"), textStyle: soft, brushSelect: false, showDataShadow: false, handleStyle: { color: token("petrol") }, labelFormatter: "" },
      ] : [],
      xAxis: { type: "category", data: chart.labels, axisLabel: soft, axisLine: { lineStyle: { color: token("control") } }, axisTick: { show: false } },
      yAxis: {
        type: "value", splitNumber: 5, axisLabel: { ...soft, formatter: value => said(chart.unit, back(value)) },
        splitLine: { lineStyle: { color: token("line") } }, ...(chart.isLog ? { minInterval: 1, min: value => Math.floor(value.min), max: value => Math.ceil(value.max) } : { min: 0 }),
      },
      series: [...band(chart, on), ...series],
    };
  }

  async function enliven(holder) {
    const echarts = await loaded();
    const chart = JSON.parse(holder.dataset.chart);
    const place = document.createElement("div");
    place.className = "moving";
    place.setAttribute("aria-hidden", "true");
    holder.append(place);
    const drawn = echarts.init(place, null, { renderer: "canvas" });
    drawn.setOption(options(chart));
    holder.classList.add("is-live");
    open.push({ drawn, chart });
    choosable(holder, drawn, chart);
    new ResizeObserver(() => drawn.resize()).observe(holder);
  }

  /* The legend in the page takes series out and puts them back. */
  function choosable(holder, drawn, chart) {
    const items = holder.closest(".panel").querySelectorAll(".legend > li");
    chart.series.forEach((one, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", "true");
      button.append(...items[at].childNodes);
      button.addEventListener("click", () => {
        const isOn = button.getAttribute("aria-pressed") === "false";
        button.setAttribute("aria-pressed", String(isOn));
        drawn.dispatchAction({ type: isOn ? "legendSelect" : "legendUnSelect", name: one.name });
      });
      items[at].replaceChildren(button);
    });
  }

  /* The name and the number of the country under the pointer, in a line of its own. */
  function follow(world) {
    const line = world.closest(".panel").querySelector(".said");
    world.addEventListener("pointerover", event => {
      const title = event.target.querySelector && event.target.closest("path, circle")?.querySelector("title");
      line.textContent = title ? title.textContent : "";
    });
    world.addEventListener("pointerleave", () => { line.textContent = ""; });
  }

  document.querySelectorAll(".map > .canvas > .world").forEach(follow);
  if (matchMedia("(forced-colors: active)").matches || navigator.connection?.saveData) return;
  const watch = new IntersectionObserver(found => found.filter(one => one.isIntersecting).forEach(one => {
    watch.unobserve(one.target);
    enliven(one.target).catch(() => {});
  }), { rootMargin: "200px" });
  document.querySelectorAll("[data-chart]").forEach(holder => watch.observe(holder));
  dark.addEventListener("change", () => open.forEach(one => one.drawn.setOption(options(one.chart), true)));
})();
