"""How well text stands out from its ground on a page, by WCAG 2.2, 1.4.3."""

LEAST, LEAST_LARGE = 4.5, 3.0

_MEASURE = """
([least, leastLarge]) => {
  const parse = (color) => {
    const parts = color.match(/[\\d.]+/g).map(Number);
    return color.startsWith("color(srgb")
      ? [...parts.slice(0, 3).map((part) => 255 * part), parts[3] ?? 1]
      : [...parts.slice(0, 3), parts[3] ?? 1];
  };
  const over = (top, below) => top.slice(0, 3).map(
    (part, i) => part * top[3] + below[i] * (1 - top[3]));
  const luminance = (color) => {
    const [r, g, b] = color.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      layers.push(color);
      if (color[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const opacity = (element) => {
    let product = 1;
    for (let at = element; at; at = at.parentElement) product *= getComputedStyle(at).opacity;
    return product;
  };
  const faults = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const words = walker.currentNode.textContent.trim();
    const seen = element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
    if (!words || !seen || element.closest(".mammo-hidden, [disabled], svg, script, dialog")) {
      continue;
    }
    const style = getComputedStyle(element);
    const below = ground(element);
    const [r, g, b, alpha] = parse(style.color);
    const color = over([r, g, b, alpha * opacity(element)], below);
    const [light, dark] = [luminance(color), luminance(below)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const pixels = parseFloat(style.fontSize);
    const large = pixels >= 24 || (pixels >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? leastLarge : least)) {
      const place = `${element.tagName}.${element.className}`;
      faults.push(`${ratio.toFixed(2)} ${place}: ${words.slice(0, 40)}`);
    }
  }
  return [...new Set(faults)];
}
"""


def faint_texts(tab) -> list[str]:
    """Return the texts of an open page that stand out too little: ratio, element, first words."""
    return tab.evaluate(_MEASURE, [LEAST, LEAST_LARGE])
