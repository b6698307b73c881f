// Checks of the page of `evaluate --report`, which ReportBrowserTests.swift puts into it. The outcome is an element.
"use strict";
(async () => {
const outcome = {};
const $ = (id) => document.getElementById(id);
const rest = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
async function check(name, body) {
  try { outcome[name] = (await body()) ?? "ok"; } catch (error) { outcome[name] = String(error); }
}
const expect = (condition, words) => { if (!condition) throw words; };
const choose = (id, value) => { $(id).querySelector(`input[value="${value}"]`).click(); };
const press = (key, target = document.body) => target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const points = JSON.parse($("data").textContent).report.results;

/** The value at a pixel, from the positions of two ticks. */
function scale(plot, kind, attribute, map) {
  const ticks = [...plot.querySelectorAll("." + kind)].map((tick) => [+tick.getAttribute(attribute), map(+tick.dataset.value)]);
  const [[p0, v0], [p1, v1]] = [ticks[0], ticks[ticks.length - 1]];
  return (pixel) => v0 + (pixel - p0) / (p1 - p0) * (v1 - v0);
}

await check("started", () => expect(document.documentElement.dataset.ready === "yes", "the script did not reach its end"));
await check("failures are named", () => expect(!$("failures").hidden && $("failures").textContent.includes("webp: dwebp is not installed"), $("failures").textContent));

for (const metric of ["psnr", "ssimulacra2", "butteraugli_3norm"]) {
  await check("points by " + metric, () => {
    choose("metric", metric);
    $("scope").value = "file:a.png";
    $("scope").dispatchEvent(new Event("change"));
    const plot = $("curves-plot");
    const x = scale(plot, "tick-x", "x", Math.log), y = scale(plot, "tick-y", "y", (v) => v);
    for (const codec of ["vaezip", "jpeg"]) {
      const wanted = points.filter((p) => p.file === "a.png" && p.codec === codec);
      const marks = [...plot.querySelectorAll(`.mark[data-series="${codec}"]`)];
      expect(marks.length === wanted.length, `${codec}: ${marks.length} marks for ${wanted.length} points`);
      marks.forEach((mark, i) => {
        // A tick's text stands 4 pixels below its line.
        const bpp = Math.exp(x(+mark.dataset.x)), value = y(+mark.dataset.y + 4);
        expect(Math.abs(bpp / wanted[i].bpp - 1) < 0.005, `${codec} ${i}: drawn at ${bpp}, not ${wanted[i].bpp}`);
        const range = Math.abs(y(0) - y(100));
        expect(Math.abs(value - wanted[i][metric]) < range / 100, `${codec} ${i}: drawn at ${value}, not ${wanted[i][metric]}`);
        const box = mark.getBBox();
        expect(Math.abs(box.x + box.width / 2 - mark.dataset.x) < 0.5 && Math.abs(box.y + box.height / 2 - mark.dataset.y) < 1.5, "the mark is elsewhere");
      });
    }
  });
}
await check("means and published curves", () => {
  choose("metric", "psnr");
  $("scope").value = "mean:";
  $("scope").dispatchEvent(new Event("change"));
  const series = new Set([...$("curves-plot").querySelectorAll(".mark")].map((mark) => mark.dataset.series));
  expect(series.size === 3 && series.has("published VTM"), [...series].join());
  expect($("legend").textContent.includes("VTM, published: Kodak"), $("legend").textContent);
});
await check("hover", () => {
  const mark = $("curves-plot").querySelector('.mark[data-series="jpeg"]'), box = mark.getBoundingClientRect();
  $("curves-plot").dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + 3, clientY: box.top + 3, bubbles: true }));
  expect($("tip").classList.contains("shown") && $("tip").textContent.startsWith("jpeg -q 20\n"), $("tip").textContent);
});
await check("arrow keys on curves", () => {
  const plot = $("curves-plot");
  press("ArrowRight", plot);
  expect($("tip").textContent.startsWith("jpeg -q 50"), $("tip").textContent);
  press("ArrowDown", plot);
  expect(plot.querySelector(".chosen").dataset.series !== "jpeg", "the curve did not change");
  press("Escape", plot);
  expect(!$("tip").classList.contains("shown"), "the tip stays");
});
await check("legend hides curves", () => {
  const box = $("legend").querySelectorAll("input")[1];
  box.click();
  expect(!$("curves-plot").querySelector('.mark[data-series="jpeg"]'), "jpeg is still drawn");
  $("legend").querySelectorAll("input")[1].click();
});
await check("rates", () => {
  const cells = [...$("rates").querySelectorAll("table")].map((table) => table.querySelector("tbody td").textContent);
  expect(cells.length === 3 && cells.every((cell) => cell === "−50.0 %"), cells.join());
});
await check("size by speed", () => {
  const marks = $("speed-plot").querySelectorAll(".mark");
  expect(marks.length === 2 && marks[1].dataset.tip.includes("200.0 %") && marks[0].dataset.tip.includes("20 MB"), [...marks].map((m) => m.dataset.tip).join());
});
await check("slider", async () => {
  await rest(50);
  $("wipe").value = 250;
  $("wipe").dispatchEvent(new Event("input"));
  expect($("image-left").style.clipPath.includes("75%"), $("image-left").style.clipPath);
  const box = $("stage").getBoundingClientRect();
  $("stage").dispatchEvent(new PointerEvent("pointerdown", { clientX: box.left + box.width * 0.8, clientY: box.top + 5, bubbles: true, buttons: 1 }));
  expect(Math.abs($("wipe").value - 800) <= 2, $("wipe").value);
});
await check("keys of pictures", async () => {
  const before = $("image-right").src;
  press("q");
  expect($("image-right").src !== before, "q does not change the quality");
  press("n");
  expect($("picture").value === "1", "n does not go on");
  press("p");
  press("f");
  expect($("left").value === "vaezip" && $("right").value === "original", "f does not exchange");
  const width = $("stage").offsetWidth;
  press("1");
  const one = $("stage").offsetWidth;
  press("3");
  expect(one === 360 && $("stage").offsetWidth === 1080, `${width}, ${one}, ${$("stage").offsetWidth}`);
  press("1");
});
await check("the nearest size", () => {
  $("right").value = "jpeg";
  $("right").dispatchEvent(new Event("change"));
  expect(/% of vaezip’s/.test($("captions").textContent), $("captions").textContent);
});
await check("error map", async () => {
  press("e");
  $("left").value = "original";
  $("left").dispatchEvent(new Event("change"));
  for (let i = 0; i < 100 && !$("error-map").dataset.ready; i++) await rest(20);
  await rest(100);
  const canvas = $("error-map"), pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let bright = 0, dark = 0;
  for (let i = 0; i < pixels.length; i += 4) pixels[i] + pixels[i + 1] + pixels[i + 2] > 0 ? bright++ : dark++;
  expect(bright > 500 && dark > 10 * bright, `${bright} bright, ${dark} dark`);
  press("e");
});
await check("names", () => {
  for (const control of document.querySelectorAll("button, select, input")) {
    const name = control.getAttribute("aria-label") || [...(control.labels ?? [])].map((l) => l.textContent).join("").trim();
    expect(name, "a control has no name: " + control.outerHTML);
  }
  for (const image of document.images) expect(image.alt, "an image has no text");
});
await check("width", () => expect(document.documentElement.scrollWidth <= innerWidth, `${document.documentElement.scrollWidth} pixels of ${innerWidth}`));
await check("no errors", () => expect(faults.length === 0, faults.join("; ")));
const element = document.createElement("pre");
element.id = "outcome";
element.textContent = JSON.stringify(outcome);
document.body.append(element);
})();
