/* Explore a threshold: ROC curves to hover, a threshold to drag, and what it gives on the internal
   set and on another. The numbers come with the page (mammo.report.figures.explorer); the only ones
   computed here are those among a thousand women, as mammo.evaluation.screening computes them. */
(() => {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const SIDE = 300;
  const EDGE = { left: 46, top: 12, right: 14, bottom: 44 };
  const NEAR = 24;
  const SPEAK_AFTER = 400;

  const x = (falseAlarms) => EDGE.left + SIDE * falseAlarms;
  const y = (sensitivity) => EDGE.top + SIDE * (1 - sensitivity);
  const short = (threshold) => String(Number(threshold.toPrecision(4)));
  const percent = (value) => `${(100 * value).toFixed(1)}%`;
  const count = (value) => value.toFixed(1);

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.append(...children);
    return made;
  }

  function drawn(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    if (text) made.textContent = text;
    return made;
  }

  const withInterval = ([value, lower, upper], form) => [
    form(value), " ", element("span", {}, `(${form(lower)} to ${form(upper)})`),
  ];

  /** Of a thousand women: those recalled, and the cancers that are found and missed. */
  function perThousand(sensitivity, specificity, cancers) {
    const others = 1000 - cancers;
    const [found, least, most] = sensitivity;
    const [kept, fewest, mostKept] = specificity;
    return {
      recalled: [
        cancers * found + others * (1 - kept),
        cancers * least + others * (1 - mostKept),
        cancers * most + others * (1 - fewest),
      ],
      found: [cancers * found, cancers * least, cancers * most],
      missed: [cancers * (1 - found), cancers * (1 - most), cancers * (1 - least)],
    };
  }

  class Explorer {
    constructor(root, number) {
      this.root = root;
      this.data = JSON.parse(root.dataset.curves);
      this.id = (name) => `${root.id}-${name}-${number}`;
      const title = element("p", { class: "mammo-explorer-title" }, "Explore a threshold");
      this.root.replaceChildren(title, this.controls(), this.panels(), this.remarks());
      this.root.classList.add("mammo-explorer-drawn");
      this.chooseModel();
    }

    get model() {
      return this.data.models[this.models.value];
    }

    /** The internal set, where the model has one, and the chosen external one. */
    get shown() {
      const internal = this.model.sets.filter((set) => set.internal);
      const external = this.model.sets[this.sets.value];
      return external && !external.internal ? [...internal, external] : internal;
    }

    controls() {
      this.models = this.choice("model", this.data.models.map((model) => model.title));
      this.models.addEventListener("change", () => this.chooseModel());
      this.sets = this.choice("set", []);
      this.sets.addEventListener("change", () => this.draw());
      this.cancers = element("input", {
        type: "number", id: this.id("cancers"), min: 0.1, max: 999, step: "any", value: 6,
      });
      this.cancers.addEventListener("input", () => this.show());
      this.slider = element("input", { type: "range", id: this.id("slider"), min: 0, step: 1 });
      this.slider.addEventListener("input", () => this.show());
      this.presets = element("div", { class: "mammo-explorer-presets", role: "group" });
      this.presets.setAttribute("aria-label", "Thresholds chosen on the internal set");
      return element(
        "div", { class: "mammo-explorer-controls" },
        this.labelled("Model", this.models),
        this.labelled("External set", this.sets),
        this.labelled("Cancers per 1,000 women", this.cancers),
        this.labelled("Threshold", this.slider),
        this.presets,
      );
    }

    choice(name, titles) {
      const made = element("select", { id: this.id(name) });
      this.offer(made, titles.map((title, place) => [place, title]));
      return made;
    }

    offer(select, options) {
      select.replaceChildren(
        ...options.map(([place, title]) => element("option", { value: place }, title)),
      );
    }

    labelled(words, control) {
      return element("div", {}, element("label", { for: control.id }, words), control);
    }

    panels() {
      const side = { width: SIDE + EDGE.left + EDGE.right, height: SIDE + EDGE.top + EDGE.bottom };
      this.plot = drawn("svg", {
        viewBox: `0 0 ${side.width} ${side.height}`, role: "img",
        "aria-label": "ROC curves; the table beside them holds the numbers at the threshold",
      });
      this.plot.addEventListener("pointermove", (event) => this.hover(event));
      this.plot.addEventListener("pointerleave", () => this.tip.setAttribute("hidden", ""));
      this.plot.addEventListener("pointerdown", (event) => this.drag(event));
      this.tip = element("div", { class: "mammo-explorer-tip", hidden: "", "aria-hidden": "true" });
      this.table = element("table");
      return element(
        "div", { class: "mammo-explorer-panels" },
        element("div", { class: "mammo-explorer-plot" }, this.plot, this.tip),
        element("div", { class: "mammo-explorer-numbers" }, this.table),
      );
    }

    remarks() {
      this.live = element("p", { class: "mammo-hidden", role: "status", "aria-live": "polite" });
      const [one] = this.data.counted;
      const alone = this.data.models.every((model) => model.sets.every((set) => !set.internal))
        ? "No internal set of these models is at hand: an external test is shown alone. " : "";
      const level = `${Number((100 * this.data.confidence).toPrecision(6))}%`;
      return element(
        "p", { class: "mammo-note" },
        `${alone}By ${one}: the highest score of both breasts, so that a cancer counts as found ` +
          "if either breast is flagged. Where the women of a set were not screened, others would " +
          `be recalled. In brackets: ${level} intervals at a threshold fixed beforehand; that of ` +
          "those recalled takes the bounds of sensitivity and specificity together.",
        this.live,
      );
    }

    chooseModel() {
      const external = [...this.model.sets.entries()].filter(([, set]) => !set.internal);
      this.offer(this.sets, external.map(([place, set]) => [place, set.title]));
      this.slider.max = this.model.thresholds.length - 1;
      const chosen = Object.entries(this.model.chosen);
      this.presets.toggleAttribute("hidden", !chosen.length);
      this.presets.replaceChildren(
        ...chosen.map(([name, threshold]) => {
          const button = element("button", { type: "button" }, name);
          button.addEventListener("click", () => this.moveTo(threshold));
          return button;
        }),
      );
      const middle = this.model.thresholds[Math.floor(this.model.thresholds.length / 2)];
      this.slider.value = this.model.thresholds.indexOf(chosen.length ? chosen[0][1] : middle);
      this.draw();
    }

    moveTo(threshold) {
      this.slider.value = this.model.thresholds.indexOf(threshold);
      this.show();
    }

    /** Axes and curves of the sets that are shown; what moves with the threshold comes on top. */
    draw() {
      this.plot.replaceChildren(
        drawn("rect", { class: "frame", x: x(0), y: y(1), width: SIDE, height: SIDE }),
        drawn("line", { class: "guess", x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
        ...[0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
          drawn("text", { x: x(share), y: y(0) + 16, "text-anchor": "middle" }, String(share)),
          drawn("text", { x: x(0) - 6, y: y(share) + 4, "text-anchor": "end" }, String(share)),
        ]),
        drawn("text", { x: x(0.5), y: y(0) + 36, "text-anchor": "middle" }, "1 − specificity"),
        drawn(
          "text",
          { x: 0, y: 0, "text-anchor": "middle", transform: `translate(12 ${y(0.5)}) rotate(-90)` },
          "Sensitivity",
        ),
        ...this.shown.map((set) => this.curve(set)),
      );
      this.marks = this.shown.map((set) => this.mark(set));
      this.plot.append(...this.marks.map((mark) => mark.group));
      this.show();
    }

    curve(set) {
      const corners = set.sensitivity[0].map((hit, i) => `${x(1 - set.specificity[0][i])},${y(hit)}`);
      const points = [`${x(1)},${y(1)}`, ...corners, `${x(0)},${y(0)}`].join(" ");
      const kind = set.internal ? "curve" : "curve external";
      return drawn("polyline", { class: kind, points, style: `stroke: ${set.color}` });
    }

    mark(set) {
      const group = drawn("g", { class: "mark", style: `color: ${set.color}` });
      const [across, along] = [drawn("line", {}), drawn("line", {})];
      const shape = set.internal ? drawn("circle", { r: 6 }) : drawn("path", { d: "M-6-6h12v12h-12z" });
      group.append(across, along, shape);
      return { set, group, across, along, shape };
    }

    values(set, at) {
      const of = (name) => set[name].map((column) => column[at]);
      return [of("sensitivity"), of("specificity")];
    }

    /** Everything that follows from the threshold and the prevalence. */
    show() {
      const at = Number(this.slider.value);
      const threshold = short(this.model.thresholds[at]);
      this.slider.setAttribute("aria-valuetext", `threshold ${threshold}`);
      this.marks.forEach((mark) => this.place(mark, at));
      [...this.presets.children].forEach((button) => {
        const same = this.model.chosen[button.textContent] === this.model.thresholds[at];
        button.setAttribute("aria-pressed", String(same));
      });
      const cancers = this.cancers.valueAsNumber;
      if (!(cancers > 0 && cancers < 1000)) {
        this.cancers.setAttribute("aria-invalid", "true");
        return;
      }
      this.cancers.removeAttribute("aria-invalid");
      this.tabulate(at, threshold, cancers);
      clearTimeout(this.speaking);
      this.speaking = setTimeout(() => this.speak(at, threshold, cancers), SPEAK_AFTER);
    }

    place({ set, across, along, shape }, at) {
      const [sensitivity, specificity] = this.values(set, at);
      const [middle, height] = [x(1 - specificity[0]), y(sensitivity[0])];
      const ends = (line, x1, y1, x2, y2) =>
        Object.entries({ x1, y1, x2, y2 }).forEach(([name, value]) => line.setAttribute(name, value));
      ends(across, x(1 - specificity[2]), height, x(1 - specificity[1]), height);
      ends(along, middle, y(sensitivity[1]), middle, y(sensitivity[2]));
      shape.setAttribute("transform", `translate(${middle} ${height})`);
    }

    tabulate(at, threshold, cancers) {
      const columns = this.shown.map((set) => {
        const [sensitivity, specificity] = this.values(set, at);
        const women = perThousand(sensitivity, specificity, cancers);
        return [
          withInterval(sensitivity, percent),
          withInterval(specificity, percent),
          ...["recalled", "found", "missed"].map((name) => withInterval(women[name], count)),
        ];
      });
      const rows = [
        "Sensitivity", "Specificity", "Women recalled per 1,000",
        `Cancers found of ${cancers}`, `Cancers missed of ${cancers}`,
      ];
      const headings = this.shown.map((set) => this.heading(set));
      const corner = element("td", {});
      this.table.replaceChildren(
        element("caption", {}, `${this.model.title} at the threshold ${threshold}`),
        element("thead", {}, element("tr", {}, corner, ...headings)),
        element(
          "tbody", {},
          ...rows.map((name, row) =>
            element(
              "tr", {},
              element("th", { scope: "row" }, name),
              ...columns.map((column) => element("td", {}, ...column[row])),
            ),
          ),
        ),
      );
    }

    heading(set) {
      const swatch = element("span", { class: "swatch", style: `background-color: ${set.color}` });
      if (!set.internal) swatch.classList.add("external");
      const [, several] = this.data.counted;
      const sizes = `${set.number} ${several}, ${set.malignant} with cancer`;
      const role = set.internal ? "Internal validation" : "External test";
      return element(
        "th", { scope: "col" },
        swatch, role, element("br"), set.title, element("small", {}, sizes),
      );
    }

    speak(at, threshold, cancers) {
      const sentences = this.shown.map((set) => {
        const [sensitivity, specificity] = this.values(set, at);
        const women = perThousand(sensitivity, specificity, cancers);
        return (
          `${set.title}: sensitivity ${percent(sensitivity[0])}, specificity ` +
          `${percent(specificity[0])}, ${women.recalled[0].toFixed(1)} of 1,000 women recalled, ` +
          `${women.missed[0].toFixed(1)} of ${cancers} cancers missed.`
        );
      });
      this.live.textContent = [`Threshold ${threshold}.`, ...sentences].join(" ");
    }

    /** The corner of a shown curve that is nearest to the pointer, and how far it is. */
    nearest(event) {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(
        this.plot.getScreenCTM().inverse(),
      );
      const distances = this.shown.flatMap((set) =>
        set.sensitivity[0].map((hit, place) => ({
          set, place, away: Math.hypot(at.x - x(1 - set.specificity[0][place]), at.y - y(hit)),
        })),
      );
      return distances.reduce((best, next) => (next.away < best.away ? next : best));
    }

    hover(event) {
      const found = this.nearest(event);
      this.tip.toggleAttribute("hidden", found.away > NEAR);
      if (found.away > NEAR) return;
      const [sensitivity, specificity] = this.values(found.set, found.place);
      this.tip.textContent =
        `${found.set.title}, threshold ${short(this.model.thresholds[found.place])}: ` +
        `sensitivity ${percent(sensitivity[0])}, specificity ${percent(specificity[0])}`;
    }

    drag(event) {
      const move = (moved) => {
        this.slider.value = this.nearest(moved).place;
        this.show();
      };
      this.plot.setPointerCapture(event.pointerId);
      this.plot.addEventListener("pointermove", move);
      const stop = () => this.plot.removeEventListener("pointermove", move);
      this.plot.addEventListener("pointerup", stop, { once: true });
      this.plot.addEventListener("pointercancel", stop, { once: true });
      move(event);
    }
  }

  const start = () =>
    document
      .querySelectorAll(".mammo-explorer[data-curves]")
      .forEach((root, number) => new Explorer(root, number));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
