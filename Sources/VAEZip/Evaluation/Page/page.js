"use strict";
(() => {
const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const { report, metrics } = data;
const pictureBlocks = [...document.querySelectorAll("script.picture")];
const pictureCache = new Map();
const own = report.codecs[0].name;
const codecs = new Map(report.codecs.map((codec) => [codec.name, codec]));
const state = { metric: "ssimulacra2", scope: "", hidden: new Set(), direction: "encode", chosen: null };

// Text and elements.

function element(name, attributes = {}, ...children) {
  const isShape = SHAPES.has(name);
  const made = isShape ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}
const SHAPES = new Set(["svg", "g", "line", "path", "text", "rect", "title"]);
const dash = "–";
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const fixed = (value, digits) => isNumber(value) ? value.toFixed(digits).replace("-", "−") : dash;
const grouped = (value) => isNumber(value) ? Math.round(value).toLocaleString("en-US") : dash;
const signed = (value) => isNumber(value) ? (value > 0 ? "+" : value < 0 ? "−" : "±") + Math.abs(value).toFixed(1) + " %" : dash;
const short = (path) => path.split("/").pop();
const color = (codec) => codecs.has(codec) ? `var(--${codec})` : "var(--published)";
const digitsOf = (metric) => metric.name === "msssim" ? 4 : metric.isDistance ? 3 : 2;
const decibels = (msssim) => -10 * Math.log10(1 - msssim);

/** A metric's value on the vertical axis; null where there is none. */
function height(point, metric) {
  const value = point[metric.name];
  if (!isNumber(value)) return null;
  const scaled = metric.name === "msssim" ? decibels(value) : value;
  return Number.isFinite(scaled) ? scaled : null;
}
function valueText(point, metric) {
  const text = fixed(point[metric.name], digitsOf(metric));
  if (metric.name === "msssim") return `${text} (${fixed(height(point, metric), 2)} dB)`;
  return text + (metric.unit && text !== dash ? " " + metric.unit : "");
}

/** Radio buttons that look like one switch. */
function segments(id, options, value, onChange) {
  const field = $(id);
  field.querySelectorAll("label").forEach((label) => label.remove());
  for (const option of options) {
    const input = element("input", { type: "radio", name: id, value: option.value, checked: option.value === value });
    input.addEventListener("change", () => onChange(option.value));
    field.append(element("label", {}, input, element("span", {}, option.title)));
  }
}
function options(select, list, value) {
  select.replaceChildren(...list.map((item) => item.group
    ? element("optgroup", { label: item.group }, ...item.options.map((o) => element("option", { value: o.value }, o.title)))
    : element("option", { value: item.value }, item.title)));
  if (value !== undefined) select.value = value;
}

// Which pictures: a mean, or one file.

const kinds = ["photograph", "graphic"].filter((kind) => report.results.some((point) => point.kind === kind));
const files = [...new Set(report.results.map((point) => point.file))];
const kindOf = new Map(report.results.map((point) => [point.file, point.kind]));
const plural = { photograph: "photographs", graphic: "graphics" };
function scopes(withFiles) {
  const means = kinds.length > 1
    ? kinds.map((kind) => ({ value: "mean:" + kind, title: "Mean of the " + plural[kind] })).concat({ value: "mean:", title: "Mean of all" })
    : [{ value: "mean:", title: `Mean of ${files.length === 1 ? "one picture" : files.length + " pictures"}` }];
  if (!withFiles) return means;
  return means.concat(kinds.map((kind) => ({
    group: plural[kind], options: files.filter((file) => kindOf.get(file) === kind).map((file) => ({ value: "file:" + file, title: short(file) })),
  })));
}
function pointsOf(scope) {
  if (scope.startsWith("file:")) return report.results.filter((point) => point.file === scope.slice(5));
  const kind = scope.slice(5) || null;
  return report.means.filter((point) => point.kind === kind);
}
const scopeName = (scope) => scope.startsWith("file:") ? short(scope.slice(5))
  : scopes(false).find((item) => item.value === scope).title.toLowerCase();

// Plots.

const MARKS = ["circle", "square", "triangle", "diamond", "down", "cross"];
function markPath(shape, x, y, r) {
  switch (shape) {
    case "square": return `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`;
    case "triangle": return `M${x} ${y - 1.25 * r}l${1.2 * r} ${2.1 * r}h${-2.4 * r}z`;
    case "diamond": return `M${x} ${y - 1.35 * r}l${1.35 * r} ${1.35 * r}l${-1.35 * r} ${1.35 * r}l${-1.35 * r} ${-1.35 * r}z`;
    case "down": return `M${x} ${y + 1.25 * r}l${1.2 * r} ${-2.1 * r}h${-2.4 * r}z`;
    case "cross": { const t = r / 2.4, a = 1.25 * r; return `M${x - t} ${y - a}h${2 * t}v${a - t}h${a - t}v${2 * t}h${t - a}v${a - t}h${-2 * t}v${t - a}h${t - a}v${-2 * t}h${a - t}z`; }
    default: return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
  }
}
const shapeOf = (codec) => MARKS[Math.max(0, [...codecs.keys()].indexOf(codec)) % MARKS.length];

function niceSteps(low, high, count) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
  const steps = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9; k++) steps.push(+(k * step).toPrecision(12));
  return steps;
}
function logSteps(low, high) {
  const fine = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++)
    for (const m of [1, 2, 5]) fine.push(+(m * 10 ** e).toPrecision(3));
  return fine.filter((value) => value >= low * 0.999 && value <= high * 1.001);
}

/** Axes and the mapping to pixels. `flip` turns the vertical axis upside down. */
function axes(host, { xs, ys, xTitle, yTitle, flip = false, label }) {
  const width = Math.max(280, host.clientWidth), tall = Math.max(240, host.clientHeight);
  const box = { left: 58, right: width - 16, top: 18, bottom: tall - 46 };
  let [x0, x1] = [Math.min(...xs), Math.max(...xs)].map(Math.log10);
  if (x1 - x0 < 0.1) { x0 -= 0.3; x1 += 0.3; }
  const xPad = (x1 - x0) * 0.05; x0 -= xPad; x1 += xPad;
  let [y0, y1] = [Math.min(...ys), Math.max(...ys)];
  if (y1 - y0 < 1e-9) { y0 -= 1; y1 += 1; }
  const yPad = (y1 - y0) * 0.06; y0 -= yPad; y1 += yPad;
  const x = (value) => box.left + (Math.log10(value) - x0) / (x1 - x0) * (box.right - box.left);
  const y = (value) => { const t = (value - y0) / (y1 - y0); return flip ? box.top + t * (box.bottom - box.top) : box.bottom - t * (box.bottom - box.top); };
  const svg = element("svg", { viewBox: `0 0 ${width} ${tall}`, "aria-hidden": "true" });
  for (const step of logSteps(10 ** x0, 10 ** x1)) {
    svg.append(element("line", { class: "grid", x1: x(step), x2: x(step), y1: box.top, y2: box.bottom }),
      element("text", { x: x(step), y: box.bottom + 17, "text-anchor": "middle", class: "tick-x", "data-value": step }, String(step)));
  }
  for (const step of niceSteps(y0, y1, Math.max(3, tall / 60))) {
    svg.append(element("line", { class: "grid", x1: box.left, x2: box.right, y1: y(step), y2: y(step) }),
      element("text", { x: box.left - 8, y: y(step) + 4, "text-anchor": "end", class: "tick-y", "data-value": step }, String(step).replace("-", "−")));
  }
  svg.append(element("rect", { class: "frame", x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top }),
    element("text", { class: "axis-title", x: (box.left + box.right) / 2, y: tall - 10, "text-anchor": "middle" }, xTitle),
    element("text", { class: "axis-title", transform: `translate(15 ${(box.top + box.bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, yTitle));
  host.setAttribute("aria-label", label);
  host.replaceChildren(svg);
  return { svg, x, y, box };
}

const tip = $("tip");
function showTip(host, mark) {
  host.querySelectorAll(".chosen").forEach((other) => other.classList.remove("chosen"));
  if (!mark) { tip.classList.remove("shown"); return; }
  mark.classList.add("chosen");
  tip.textContent = mark.dataset.tip;
  const place = mark.getBoundingClientRect(), size = tip.getBoundingClientRect();
  const wide = document.documentElement.clientWidth;
  const left = Math.min(Math.max(8, place.left + place.width / 2 - size.width / 2), wide - size.width - 8);
  const above = place.top - size.height - 8;
  tip.style.translate = `${left + scrollX}px ${(above > 4 ? above : place.bottom + 8) + scrollY}px`;
  tip.classList.add("shown");
}

/** Hovering and arrow keys over a plot's marks, which are elements of class mark with data-series. */
function interactive(host) {
  const marks = () => [...host.querySelectorAll(".mark")];
  const center = (mark) => { const r = mark.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]; };
  host.addEventListener("pointermove", (event) => {
    let best = null, least = 40;
    for (const mark of marks()) {
      const [x, y] = center(mark), away = Math.hypot(x - event.clientX, y - event.clientY);
      if (away < least) { best = mark; least = away; }
    }
    showTip(host, best);
  });
  host.addEventListener("pointerleave", () => showTip(host, null));
  host.addEventListener("blur", () => showTip(host, null));
  host.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Escape") showTip(host, null);
    if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const all = marks(), series = [...new Set(all.map((mark) => mark.dataset.series))];
    if (!all.length) return;
    const now = host.querySelector(".chosen");
    if (!now) { showTip(host, all[0]); return; }
    if (move[1]) {
      const line = all.filter((mark) => mark.dataset.series === now.dataset.series);
      showTip(host, line[Math.min(Math.max(line.indexOf(now) + move[1], 0), line.length - 1)]);
    } else {
      const next = series[(series.indexOf(now.dataset.series) + move[0] + series.length) % series.length];
      const x = center(now)[0];
      const line = all.filter((mark) => mark.dataset.series === next);
      showTip(host, line.reduce((a, b) => Math.abs(center(b)[0] - x) < Math.abs(center(a)[0] - x) ? b : a));
    }
  });
}

// Quality by size.

function curveSeries() {
  const metric = metrics.find((m) => m.name === state.metric);
  const measured = pointsOf(state.scope);
  const all = [...codecs.keys()].filter((name) => !codecs.get(name).lossless)
    .map((name) => ({ name, title: codecs.get(name).title, points: measured.filter((p) => p.codec === name) }));
  if (state.scope.startsWith("mean:")) {
    for (const name of new Set(report.published.map((p) => p.codec))) {
      const points = report.published.filter((p) => p.codec === name);
      all.push({ name: "published " + name, title: name + ", published" + (points[0].note ? ": " + points[0].note : ""), points, published: true });
    }
  }
  for (const series of all) {
    // In the order of the settings: where files of worse quality are larger, the curve shows it.
    series.points = series.points.filter((p) => isNumber(p.bpp) && p.bpp > 0 && height(p, metric) !== null);
  }
  return { metric, series: all.filter((s) => s.points.length) };
}

function drawCurves() {
  const { metric, series } = curveSeries();
  const host = $("curves-plot");
  drawLegend(series);
  const shown = series.filter((s) => !state.hidden.has(s.name));
  const points = shown.flatMap((s) => s.points);
  if (!points.length) {
    host.replaceChildren(element("svg", { viewBox: "0 0 400 200" }, element("text", { class: "nothing", x: 200, y: 100, "text-anchor": "middle" }, "No curve to draw.")));
    return;
  }
  const unit = metric.unit ? `, ${metric.unit}` : "";
  const plot = axes(host, {
    xs: points.map((p) => p.bpp), ys: points.map((p) => height(p, metric)), flip: metric.isDistance,
    xTitle: "bits per pixel", yTitle: metric.title + unit + (metric.isDistance ? " (less is better)" : ""),
    label: `${metric.title} by bits per pixel, ${scopeName(state.scope)}: ${shown.map((s) => s.title).join("; ")}`,
  });
  // vaezip is drawn last, over the others.
  for (const s of [...shown].sort((a, b) => (a.name === own) - (b.name === own))) {
    const group = element("g", { "data-codec": s.name });
    const path = s.points.map((p, i) => `${i ? "L" : "M"}${plot.x(p.bpp).toFixed(2)} ${plot.y(height(p, metric)).toFixed(2)}`).join("");
    group.append(element("path", { class: "curve" + (s.name === own ? " own" : s.published ? " published" : ""), d: path, stroke: color(s.name) }));
    for (const p of s.points) {
      const text = `${s.published ? s.title : p.setting}\n${fixed(p.bpp, 4)} bits per pixel`
        + (isNumber(p.bytes) ? `, ${grouped(p.bytes)} bytes` : "") + `\n${metric.title} ${valueText(p, metric)}`;
      group.append(element("path", {
        class: "mark", fill: color(s.name), "data-series": s.name, "data-bpp": p.bpp, "data-value": height(p, metric), "data-tip": text,
        "data-x": plot.x(p.bpp), "data-y": plot.y(height(p, metric)),
        d: markPath(shapeOf(s.name), plot.x(p.bpp), plot.y(height(p, metric)), s.published ? 2.5 : s.name === own ? 5 : 4),
      }));
    }
    plot.svg.append(group);
  }
}

function drawLegend(series) {
  $("legend").replaceChildren(...series.map((s) => {
    const box = element("input", { type: "checkbox", checked: !state.hidden.has(s.name) });
    box.addEventListener("change", () => { box.checked ? state.hidden.delete(s.name) : state.hidden.add(s.name); drawCurves(); });
    const swatch = element("svg", { viewBox: "0 0 26 14", "aria-hidden": "true" },
      element("path", { d: "M0 7h26", stroke: color(s.name), "stroke-width": s.name === own ? 3.25 : 2, "stroke-dasharray": s.published ? "5 4" : null }),
      s.published ? "" : element("path", { d: markPath(shapeOf(s.name), 13, 7, 4.2), fill: color(s.name) }));
    const version = codecs.get(s.name)?.version;
    return element("li", {}, element("label", {}, box, swatch, element("span", {}, s.title + " ", version ? element("small", {}, version) : "")));
  }));
}

// Size at equal quality.

function drawRates() {
  const host = $("rates");
  const shown = kinds.length > 1 ? [...kinds, null] : [null];
  const tables = shown.flatMap((kind) => {
    const rates = report.bd_rates.filter((rate) => rate.kind === kind);
    if (!rates.length) return [];
    const head = element("tr", {}, element("th", { scope: "col" }, "against"), ...metrics.map((m) => element("th", { scope: "col" }, m.title)));
    const rows = [...new Set(rates.map((r) => r.peer))].map((peer) => {
      const cells = metrics.map((m) => {
        const rate = rates.find((r) => r.peer === peer && r.metric === m.name);
        const some = rate && isNumber(rate.percent) && rate.pictures < rate.all_pictures;
        return element("td", { class: !rate || !isNumber(rate.percent) ? null : rate.percent < 0 ? "good" : "bad", title: rate && !isNumber(rate.percent) ? "no picture’s curves share an interval of quality" : null },
          signed(rate?.percent), some ? element("small", {}, ` (${rate.pictures}/${rate.all_pictures})`) : "");
      });
      const codec = codecs.get(peer);
      return element("tr", {}, element("th", { scope: "row" }, codec?.title ?? peer, " ", element("small", {}, codec?.version ?? "")), ...cells);
    });
    const count = files.filter((file) => kind === null || kindOf.get(file) === kind).length;
    const name = kind === null ? (kinds.length > 1 ? "all pictures" : plural[kinds[0]] ?? "pictures") : plural[kind];
    return [element("div", { class: "scroll" }, element("table", {}, element("caption", {}, `${name} (${count})`), element("thead", {}, head), element("tbody", {}, ...rows)))];
  });
  const lossless = losslessTable();
  host.replaceChildren(...tables, ...(lossless ? [lossless] : []));
  if (!host.childElementCount) host.append(element("p", { class: "remark" }, "No other codec was measured: --against names some."));
}

function losslessTable() {
  const names = [...codecs.keys()].filter((name) => codecs.get(name).lossless);
  if (!names.length) return null;
  const scopesShown = scopes(false);
  const rows = names.map((name) => element("tr", {}, element("th", { scope: "row" }, codecs.get(name).title, " ", element("small", {}, codecs.get(name).version)),
    ...scopesShown.map((scope) => element("td", {}, fixed(pointsOf(scope.value).find((p) => p.codec === name)?.bpp, 3)))));
  return element("div", { class: "scroll" }, element("table", {}, element("caption", {}, "without loss, bits per pixel"),
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "codec"), ...scopesShown.map((s) => element("th", { scope: "col" }, s.title)))),
    element("tbody", {}, ...rows)));
}

// Size by speed.

function speeds(scope) {
  const kind = scope.slice(5) || null, key = state.direction + "_seconds", memory = state.direction + "_peak_bytes";
  return [...codecs.keys()].filter((name) => !codecs.get(name).lossless).flatMap((name) => {
    const points = report.results.filter((p) => p.codec === name && (kind === null || p.kind === kind) && isNumber(p[key]));
    if (!points.length) return [];
    const pixels = points.reduce((sum, p) => sum + p.width * p.height, 0), seconds = points.reduce((sum, p) => sum + p[key], 0);
    const rate = report.bd_rates.find((r) => r.peer === name && r.kind === kind && r.metric === state.metric);
    const size = name === own ? 100 : rate && isNumber(rate.percent) ? 100 / (1 + rate.percent / 100) : null;
    const peak = Math.max(...points.map((p) => p[memory] ?? 0));
    return size === null ? [] : [{ name, title: codecs.get(name).title, size, speed: pixels / seconds / 1e6, peak }];
  });
}
function drawSpeed() {
  const scope = $("speed-scope").value, found = speeds(scope);
  const metric = metrics.find((m) => m.name === state.metric), host = $("speed-plot");
  $("speed").hidden = !report.results.some((p) => isNumber(p.encode_seconds));
  document.querySelector('nav a[href="#speed"]').hidden = $("speed").hidden;
  if ($("speed").hidden) return;
  $("speed-help").textContent = `Size at equal ${metric.title} (the metric chosen above), ${own} = 100 %; less is better. Speed of whole programs, from PNG or PPM to file and back, over all settings; for small pictures, much of it is the start of a program. Point at a mark for its peak memory.`;
  if (!found.length) { host.replaceChildren(element("p", { class: "remark" }, "No codec has both a speed and a size at equal quality.")); return; }
  const plot = axes(host, {
    xs: found.map((f) => f.speed), ys: found.map((f) => f.size), flip: true, xTitle: `Mpixel/s, ${state.direction === "encode" ? "encoding" : "decoding"}`,
    yTitle: "size, % (less is better)", label: `Size by speed: ${found.map((f) => `${f.title} ${fixed(f.size, 0)} % at ${fixed(f.speed, 1)} Mpixel/s`).join("; ")}`,
  });
  for (const f of found) {
    const [x, y] = [plot.x(f.speed), plot.y(f.size)], left = x > (plot.box.left + plot.box.right) / 2;
    plot.svg.append(element("text", { class: "label", x: x + (left ? -11 : 11), y: y + 4, "text-anchor": left ? "end" : "start", style: `fill:${color(f.name)}` }, f.name),
      element("path", { class: "mark", fill: color(f.name), "data-series": f.name, d: markPath(shapeOf(f.name), x, y, 6.5),
        "data-tip": `${f.title}\n${fixed(f.speed, 2)} Mpixel/s, ${fixed(f.size, 1)} %` + (f.peak ? `\nat most ${fixed(f.peak / 1e6, 0)} MB of memory` : "") }));
  }
}

// Pictures.

const view = { index: 0, quality: 0, zoom: innerWidth > 760 ? 2 : 1, left: "original", right: own, wipe: 0.5, errors: false };
function pictureAt(index) {
  if (!pictureCache.has(index)) pictureCache.set(index, JSON.parse(pictureBlocks[index].textContent));
  return pictureCache.get(index);
}
const pointOf = (picture, version) => report.results.find((p) => p.file === picture.file && p.codec === version.codec && p.setting === version.setting);

/** Original, vaezip at the chosen quality, and of each other codec the version of the nearest size. */
function versions(picture) {
  const mine = picture.versions.filter((v) => v.codec === own);
  const chosen = mine[Math.min(view.quality, mine.length - 1)];
  const bytes = chosen && pointOf(picture, chosen)?.bytes;
  const list = [{ name: "original", title: "Original", image: picture.original }];
  for (const codec of codecs.keys()) {
    const all = codec === own ? (chosen ? [chosen] : []) : picture.versions.filter((v) => v.codec === codec);
    const ratio = (v) => Math.abs(Math.log((pointOf(picture, v)?.bytes ?? Infinity) / bytes));
    if (!all.length) continue;
    const best = all.reduce((a, b) => ratio(b) < ratio(a) ? b : a);
    list.push({ name: codec, title: best.setting, image: best.image, point: pointOf(picture, best) });
  }
  return { mine, list, bytes };
}

function drawPicture() {
  const picture = pictureAt(view.index);
  const { mine, list, bytes } = versions(picture);
  segments("quality", mine.map((v, i) => ({ value: String(i), title: String(pointOf(picture, v)?.quality ?? v.setting) })), String(Math.min(view.quality, mine.length - 1)),
    (value) => { view.quality = +value; drawPicture(); $("quality").querySelector("input:checked")?.focus(); });
  const items = list.map((v) => ({ value: v.name, title: v.name === "original" ? "original" : v.name }));
  for (const side of ["left", "right"]) {
    if (!list.some((v) => v.name === view[side])) view[side] = side === "left" ? "original" : list[list.length - 1].name;
    options($(side), items, view[side]);
  }
  $("picture").value = String(view.index);
  const [left, right] = ["left", "right"].map((side) => list.find((v) => v.name === view[side]));
  const [, , width, tall] = picture.crop;
  // Each pixel of the picture becomes a whole number of the screen's.
  const scale = Math.max(1, Math.round(view.zoom * devicePixelRatio)) / devicePixelRatio;
  $("stage").style.width = width * scale + "px";
  $("stage").style.height = tall * scale + "px";
  for (const [id, version] of [["image-left", left], ["image-right", right]]) {
    $(id).src = version.image;
    $(id).alt = `${short(picture.file)}, ${version.title}`;
  }
  $("captions").replaceChildren(...[left, right].map((v) => caption(v, bytes)));
  $("gain-field").hidden = !view.errors;
  $("error-map").hidden = !view.errors;
  if (view.errors) drawErrors(left.image, right.image, width, tall);
  drawWipe();
}

function caption(version, bytes) {
  const p = version.point;
  if (!p) return element("div", {}, element("b", {}, "Original"), element("small", {}, "as it was before coding"));
  const size = `${grouped(p.bytes)} bytes, ${fixed(p.bpp, 3)} bits per pixel` + (version.name !== own && bytes ? ` (${fixed(100 * p.bytes / bytes, 0)} % of ${own}’s)` : "");
  const figures = metrics.filter((m) => ["psnr", "ssimulacra2", "butteraugli_3norm"].includes(m.name)).map((m) => `${m.title} ${valueText(p, m)}`).join(" · ");
  return element("div", {}, element("b", {}, p.setting), element("small", {}, size), element("small", {}, figures));
}

function drawWipe() {
  const part = view.errors ? 1 : view.wipe;
  $("image-left").style.clipPath = `inset(0 ${(100 - 100 * part).toFixed(3)}% 0 0)`;
  $("divider").style.left = 100 * view.wipe + "%";
  $("divider").hidden = view.errors;
  $("wipe").disabled = view.errors;
  $("wipe").value = Math.round(1000 * view.wipe);
  $("wipe").setAttribute("aria-valuetext", `${Math.round(100 * view.wipe)} % ${view.left}, the rest ${view.right}`);
}

const load = (source) => new Promise((resolve, reject) => { const image = new Image(); image.onload = () => resolve(image); image.onerror = reject; image.src = source; });
let errorRun = 0;
/** The largest difference of a pixel's samples, times the gain, as black – violet – orange – white. */
async function drawErrors(first, second, width, tall) {
  const run = ++errorRun, canvas = $("error-map"), gain = +$("gain").value;
  const images = await Promise.all([load(first), load(second)]);
  if (run !== errorRun) return;
  canvas.width = width; canvas.height = tall;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const [a, b] = images.map((image) => { context.drawImage(image, 0, 0); return context.getImageData(0, 0, width, tall); });
  const stops = [[0, 0, 0], [70, 20, 120], [200, 60, 90], [255, 170, 60], [255, 255, 255]];
  for (let i = 0; i < a.data.length; i += 4) {
    const difference = Math.max(Math.abs(a.data[i] - b.data[i]), Math.abs(a.data[i + 1] - b.data[i + 1]), Math.abs(a.data[i + 2] - b.data[i + 2]));
    const t = Math.min(1, difference * gain / 255) * 3.999, k = Math.floor(t);
    for (let c = 0; c < 3; c++) a.data[i + c] = stops[k][c] + (stops[k + 1][c] - stops[k][c]) * (t - k);
  }
  context.putImageData(a, 0, 0);
  canvas.setAttribute("aria-label", `Differences of ${view.left} and ${view.right}, times ${gain}`);
  canvas.setAttribute("role", "img");
  canvas.dataset.ready = String(run);
}

function step(by) { view.index = (view.index + by + pictureBlocks.length) % pictureBlocks.length; drawPicture(); }
function exchange() { [view.left, view.right] = [view.right, view.left]; drawPicture(); }
function toggleErrors() { view.errors = !view.errors; $("errors").checked = view.errors; drawPicture(); }
function setZoom(value) { view.zoom = value; segments("zoom", ZOOMS, String(value), (v) => setZoom(+v)); drawPicture(); }
const ZOOMS = [1, 2, 3, 4].map((z) => ({ value: String(z), title: z + "×" }));

function startPictures() {
  if (!pictureBlocks.length) {
    $("pictures").hidden = true;
    document.querySelector('nav a[href="#pictures"]').hidden = true;
    return;
  }
  // Names are read without parsing the images.
  const names = report.results.length ? pictureBlocks.map((block) => block.dataset.file) : [];
  const items = names.map((file, i) => ({ value: String(i), title: short(file), kind: kindOf.get(file) }));
  options($("picture"), kinds.length > 1 ? kinds.map((kind) => ({ group: plural[kind], options: items.filter((o) => o.kind === kind) })) : items, "0");
  $("picture").addEventListener("change", () => { view.index = +$("picture").value; drawPicture(); });
  $("previous").addEventListener("click", () => step(-1));
  $("next").addEventListener("click", () => step(1));
  $("swap").addEventListener("click", exchange);
  $("errors").addEventListener("change", toggleErrors);
  $("gain").addEventListener("input", drawPicture);
  for (const side of ["left", "right"]) $(side).addEventListener("change", () => { view[side] = $(side).value; drawPicture(); });
  $("wipe").addEventListener("input", () => { view.wipe = $("wipe").value / 1000; drawWipe(); });
  const stage = $("stage");
  const drag = (event) => {
    const box = stage.getBoundingClientRect();
    view.wipe = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    drawWipe();
  };
  stage.addEventListener("pointerdown", (event) => { if (event.isTrusted) stage.setPointerCapture(event.pointerId); drag(event); });
  stage.addEventListener("pointermove", (event) => { if (event.buttons & 1) drag(event); });
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("select, textarea, input[type=text]")) return;
    const action = { n: () => step(1), p: () => step(-1), f: exchange, e: toggleErrors,
      q: () => { view.quality = (view.quality + 1) % Math.max(1, versions(pictureAt(view.index)).mine.length); drawPicture(); } }[event.key];
    if (action) { event.preventDefault(); action(); }
    else if (/^[1-4]$/.test(event.key)) setZoom(+event.key);
  });
  view.quality = Math.floor((versions(pictureAt(0)).mine.length - 1) / 2);
  setZoom(view.zoom);
}

// Numbers.

function table(columns, rows) {
  return element("table", {}, element("thead", {}, element("tr", {}, ...columns.map((c) => element("th", { scope: "col" }, c.title)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...columns.map((c, i) => element(i ? "td" : "th", i ? {} : { scope: "row" }, c.text(row)))))));
}
function drawNumbers() {
  const points = pointsOf(state.scope);
  document.querySelectorAll(".scope-name").forEach((span) => { span.textContent = scopeName(state.scope); });
  const columns = [{ title: "setting", text: (p) => p.setting }, { title: "bytes", text: (p) => grouped(p.bytes) }, { title: "bits per pixel", text: (p) => fixed(p.bpp, 4) },
    ...metrics.map((m) => ({ title: m.title, text: (p) => p[m.name] === null && p.bytes !== null && m.unit ? "∞" : fixed(p[m.name], digitsOf(m)) })),
    { title: "encode, s", text: (p) => fixed(p.encode_seconds, 3) }, { title: "decode, s", text: (p) => fixed(p.decode_seconds, 3) },
    { title: "encode, MB", text: (p) => fixed((p.encode_peak_bytes ?? NaN) / 1e6, 0) }, { title: "decode, MB", text: (p) => fixed((p.decode_peak_bytes ?? NaN) / 1e6, 0) },
    { title: "", text: (p) => p.note ?? "" }];
  $("points-table").replaceChildren(table(columns, points));
  const mine = points.filter((p) => isNumber(p.objective));
  $("objective").hidden = !mine.length;
  $("objective-table").replaceChildren(table([
    { title: "setting", text: (p) => p.setting }, { title: "KL hyper-latents, bits", text: (p) => grouped(p.hyper_bits) }, { title: "KL latents, bits", text: (p) => grouped(p.latent_bits) },
    { title: "KL, bits per pixel", text: (p) => fixed(p.model_bpp, 4) }, { title: "D", text: (p) => fixed(p.mse, 2) }, { title: "β", text: (p) => fixed(p.beta, 2) },
    { title: "D + β·KL", text: (p) => fixed(p.objective, 2) }, { title: "ELBO, nats per dimension", text: (p) => fixed(p.elbo_nats_per_dimension, 4) },
    { title: "file over KL", text: (p) => signed(p.overhead_percent) },
  ], mine));
}

// Start.

for (const fact of data.facts) $("facts").append(element("div", {}, element("dt", {}, fact.name), element("dd", {}, fact.value)));
if (report.failures.length) {
  $("failures").hidden = false;
  $("failures").querySelector("ul").replaceChildren(...report.failures.map((f) => element("li", {}, `${f.codec}${f.file ? ", " + short(f.file) : ""}: ${f.reason}`)));
}
options($("scope"), scopes(true));
options($("speed-scope"), scopes(false));
state.scope = $("scope").value;
const drawScope = () => { state.scope = $("scope").value; drawCurves(); drawNumbers(); };
$("scope").addEventListener("change", drawScope);
$("speed-scope").addEventListener("change", drawSpeed);
segments("metric", metrics.map((m) => ({ value: m.name, title: m.title })), state.metric, (value) => { state.metric = value; drawCurves(); drawSpeed(); });
segments("direction", [{ value: "encode", title: "Encoder" }, { value: "decode", title: "Decoder" }], "encode", (value) => { state.direction = value; drawSpeed(); });
interactive($("curves-plot"));
interactive($("speed-plot"));
drawScope();
drawRates();
drawSpeed();
startPictures();
let resizing = 0;
addEventListener("resize", () => { cancelAnimationFrame(resizing); resizing = requestAnimationFrame(() => { drawCurves(); drawSpeed(); }); });
const closed = new Set();
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { if (!d.open) { closed.add(d); d.open = true; } }));
addEventListener("afterprint", () => { closed.forEach((d) => { d.open = false; }); closed.clear(); });
document.documentElement.dataset.ready = "yes";
})();
