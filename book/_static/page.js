/* Of every page: one switch for all code, edges that say there is more, and all open in print. */
(() => {
  "use strict";

  const MORE = 2; // pixels

  /** One button below the title opens the code of all cells; without scripts each cell has a bar. */
  function addCodeSwitch() {
    const folds = document.querySelectorAll("article details.above-input");
    const title = document.querySelector("article h1");
    if (!folds.length || !title) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "mammo-code-switch";
    const set = (shown) => {
      document.documentElement.classList.toggle("mammo-code-hidden", !shown);
      folds.forEach((fold) => { fold.open = shown; });
      button.setAttribute("aria-expanded", String(shown));
      button.textContent = shown ? "Hide the code" : "Show the code";
    };
    button.addEventListener("click", () =>
      set(document.documentElement.classList.contains("mammo-code-hidden")),
    );
    set(false);
    title.after(button);
  }

  /** Fade the edge of a frame behind which a table or a figure goes on. */
  function markEdges() {
    const mark = (frame) => {
      const right = frame.scrollWidth - frame.clientWidth - frame.scrollLeft;
      frame.classList.toggle("mammo-more-right", right > MORE);
      frame.classList.toggle("mammo-more-left", frame.scrollLeft > MORE);
    };
    const watch = new ResizeObserver((entries) => entries.forEach(({ target }) => mark(target)));
    document.querySelectorAll(".mammo-scroll").forEach((frame) => {
      watch.observe(frame);
      frame.addEventListener("scroll", () => mark(frame), { passive: true });
    });
  }

  function openInPrint() {
    let shut = [];
    addEventListener("beforeprint", () => {
      shut = [...document.querySelectorAll("details.mammo-fold:not([open])")];
      shut.forEach((fold) => { fold.open = true; });
    });
    addEventListener("afterprint", () => shut.forEach((fold) => { fold.open = false; }));
  }

  const start = () => [addCodeSwitch, markEdges, openInPrint].forEach((part) => part());
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
