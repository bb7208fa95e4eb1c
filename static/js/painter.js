// The painter: brush and eraser over the picture. js/painting.js keeps what is painted.

import { Painting } from "./painting.js";

const TOOLS = ["invert", "clear"];

export const find = (selector) => document.querySelector(`#painter ${selector}`);
export const size = () => Number(find("[name=brush]").value);
const isErasing = () => find("[name=tool]:checked").value === "erase";
export const isOpen = () => painting?.canvas.isConnected && painting.canvas.closest("dialog")?.open !== false;

export let painting = null;
let at = null; // where the brush is, in pixels of the picture
let isDown = false;

export const show = () => {
  const ring = find(".m-ring");
  ring.setAttribute("r", size() / 2);
  ring.setAttribute("cx", at.x);
  ring.setAttribute("cy", at.y);
  find("[data-brush]").textContent = size();
};

export const tell = () => {
  find("[data-do=undo]").disabled = !painting.canUndo;
  find("[data-do=redo]").disabled = !painting.canRedo;
  const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
  find("[data-share]").textContent = percent.format(painting.share);
};

const open = async () => {
  const canvas = find("canvas");
  if (!canvas || painting?.canvas === canvas) return;
  painting = new Painting(canvas);
  at = { x: canvas.width / 2, y: canvas.height / 2 };
  const short = Math.min(canvas.width, canvas.height);
  const brush = find("[name=brush]");
  brush.max = Math.max(200, Math.round(short / 3));
  brush.value = Math.max(8, Math.round(short / 10));
  find(".bar").hidden = false;
  const mask = find("img[data-mask]");
  if (mask) {
    await mask.decode();
    painting.add("mask", { image: mask });
  }
  show();
  tell();
};

export const act = (what) => {
  if (TOOLS.includes(what)) painting.add(what);
  else painting[what]();
  tell();
};

const place = ({ clientX, clientY }) => {
  const { width, height } = painting.canvas;
  const box = painting.canvas.getBoundingClientRect();
  const scale = Math.min(box.width / width, box.height / height);
  return {
    x: (clientX - box.left - (box.width - width * scale) / 2) / scale,
    y: (clientY - box.top - (box.height - height * scale) / 2) / scale,
  };
};

const press = (...points) => painting.add("stroke", { isErasing: isErasing(), size: size(), points });

// Without a pointer: move the brush by so many pixels, paint at its place or all the way.
export const step = ([right, down], isPainting) => {
  const { width, height } = painting.canvas;
  const from = at;
  at = {
    x: Math.min(width, Math.max(0, at.x + right)),
    y: Math.min(height, Math.max(0, at.y + down)),
  };
  if (isPainting) press(from, at);
  show();
  tell();
};

document.addEventListener("pointerdown", (event) => {
  const sheet = event.target.closest("#sheet-to-paint");
  if (!sheet || !isOpen() || event.button > 0 || !event.isPrimary) return;
  sheet.setPointerCapture(event.pointerId);
  isDown = true;
  at = place(event);
  press(at);
  show();
});

document.addEventListener("pointermove", (event) => {
  if (!isOpen() || !event.target.closest("#sheet-to-paint") || !event.isPrimary) return;
  const events = event.getCoalescedEvents?.() ?? [];
  for (const one of events.length ? events : [event]) {
    at = place(one);
    if (isDown) painting.extend(at);
  }
  show();
});

for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => {
    if (isDown) tell();
    isDown = false;
  });
}

document.addEventListener("input", (event) => { if (event.target.name === "brush") show(); });

document.addEventListener("click", (event) => {
  const button = event.target.closest("#painter [data-do]");
  if (button && isOpen()) act(button.dataset.do);
});

document.addEventListener("htmx:afterSettle", open);
open();
