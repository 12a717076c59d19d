/* Draws the chart of a built report from the json at its figure, in the place of the still picture that
   came with the page. The table below holds the same figures. */
(() => {
  "use strict";

  function token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function colour(tone) {
    return tone ? token(`--c-chart-${tone}`) : token("--c-muted");
  }

  function written() {
    // A canvas knows no inherited font.
    const fontFamily = getComputedStyle(document.body).fontFamily;
    return { color: token("--c-muted"), fontFamily, fontSize: 12 };
  }

  function shared(chart, text) {
    return {
      animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
      legend: {
        show: chart.series.length > 1 || chart.kind === "pie",
        type: "scroll",
        top: 0,
        textStyle: { ...text, color: token("--c-text") },
        pageTextStyle: text,
        pageIconColor: token("--c-muted"),
      },
    };
  }

  function ring(chart, narrow) {
    const text = written();
    const [one] = chart.series;
    const data = chart.labels.map((name, place) => ({
      name,
      value: one.values[place],
      itemStyle: { color: colour(place < 6 ? place + 1 : 0) },
    }));
    return {
      ...shared(chart, text),
      // The usual tooltip is html with inline style, which the policy of the page forbids.
      tooltip: {
        renderMode: "richText",
        formatter: (at) => `${at.name}  ${one.texts[at.dataIndex]}`,
      },
      series: [{
        type: "pie",
        radius: narrow ? ["34%", "62%"] : ["42%", "72%"],
        center: ["50%", "56%"],
        data,
        label: { ...text, show: !narrow, formatter: "{b} {d}%" },
      }],
    };
  }

  function axes(chart, narrow) {
    const text = written();
    const across = !chart.upright && chart.kind !== "line";
    const line = { lineStyle: { color: token("--c-line") } };
    const names = {
      type: "category",
      data: chart.labels,
      inverse: across,
      axisLabel: { ...text, width: narrow ? 90 : 160, overflow: "truncate", hideOverlap: !across },
      axisTick: { show: false },
      axisLine: line,
    };
    const values = {
      type: "value",
      axisLabel: { ...text, formatter: (value) => `${value.toLocaleString("en")}${chart.unit}` },
      splitNumber: narrow ? 3 : 5,
      splitLine: line,
    };
    const legend = chart.series.length > 1;
    return {
      ...shared(chart, text),
      grid: { left: 8, right: 24, top: legend ? 40 : 16, bottom: 8, containLabel: true },
      tooltip: {
        trigger: "axis",
        renderMode: "richText",
        formatter: (all) => [all[0].name, ...all.map((at) =>
          `${chart.series[at.seriesIndex].name}  ${chart.series[at.seriesIndex].texts[at.dataIndex]}`,
        )].join("\n"),
      },
      xAxis: across ? values : names,
      yAxis: across ? names : values,
      series: chart.series.map((one) => ({
        name: one.name,
        type: chart.kind === "line" ? "line" : "bar",
        stack: chart.kind === "stack" ? "all" : undefined,
        data: one.values,
        barMaxWidth: 28,
        symbolSize: 7,
        itemStyle: { color: colour(one.tone) },
      })),
    };
  }

  window.crm.behaviour("report-chart", (figure) => {
    const place = figure.querySelector(".crm-chart-drawn");
    if (!window.echarts || !place) return;
    const chart = JSON.parse(figure.dataset.figures);
    const still = figure.querySelector(".crm-chart-still");
    still.hidden = true;
    place.hidden = false;
    const lying = !chart.upright && chart.kind !== "line" && chart.kind !== "pie";
    place.classList.toggle("crm-chart-tall", lying && chart.labels.length > 9);
    const drawn = window.echarts.init(place, null, { renderer: "canvas" });
    const options = chart.kind === "pie" ? ring : axes;
    const draw = () => drawn.setOption(options(chart, place.clientWidth < 480), true);
    draw();
    new ResizeObserver(() => { drawn.resize(); draw(); }).observe(place);
    new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  });
})();
