/* Draws the charts of a page from its json (dashboard-data). The table below each chart holds the
   same; it folds away once the chart is drawn, and opens for the printer. */
(() => {
  "use strict";
  const source = document.getElementById("dashboard-data");
  const all = source ? JSON.parse(source.textContent) : {};

  function token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function options(chart, narrow) {
    const across = chart.kind === "bar";
    // A canvas knows no inherited font.
    const fontFamily = getComputedStyle(document.body).fontFamily;
    const text = { color: token("--c-muted"), fontFamily, fontSize: 12 };
    const names = {
      type: "category",
      data: chart.labels,
      inverse: across,
      axisLabel: { ...text, width: narrow ? 90 : 140, overflow: "truncate", hideOverlap: !across },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: token("--c-line") } },
    };
    const values = {
      type: "value",
      axisLabel: text,
      splitNumber: narrow ? 3 : 5,
      splitLine: { lineStyle: { color: token("--c-line") } },
    };
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    return {
      animation: !still,
      color: [token("--c-chart-1")],
      grid: { left: 8, right: 24, top: 16, bottom: 8, containLabel: true },
      // The usual tooltip is html with inline style, which the policy of the page forbids.
      tooltip: {
        trigger: across ? "item" : "axis",
        renderMode: "richText",
        formatter: (at) => {
          const one = Array.isArray(at) ? at[0] : at;
          return `${chart.labels[one.dataIndex]}  ${chart.texts[one.dataIndex]}`;
        },
      },
      xAxis: across ? values : names,
      yAxis: across ? names : values,
      series: [{ type: chart.kind, data: chart.values, barMaxWidth: 24, symbolSize: 7 }],
    };
  }

  window.crm.behaviour("chart", (figure) => {
    const chart = all[figure.dataset.chart];
    const place = figure.querySelector(".crm-chart-drawn");
    const table = figure.querySelector("details");
    if (!window.echarts || !chart || chart.labels.length < 2) return;
    place.hidden = false;
    if (chart.kind === "bar") place.classList.toggle("crm-chart-tall", chart.labels.length > 9);
    const drawn = window.echarts.init(place, null, { renderer: "canvas" });
    const draw = () => drawn.setOption(options(chart, place.clientWidth < 480), true);
    draw();
    table.open = false;
    new ResizeObserver(() => { drawn.resize(); draw(); }).observe(place);
    new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
    window.addEventListener("beforeprint", () => { table.open = true; });
  });
})();
