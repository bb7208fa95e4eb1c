// The mask of an order: opens the painter over the studio, sends what it painted, marks the picture below.

import { painting, tell } from "./painter.js";
import "./painter_keys.js";

let isWritten = false;

const line = () => document.getElementById("mask-line");
const dialog = () => document.getElementById("mask");

const send = () => {
  isWritten = true;
  document.getElementById("painter").requestSubmit();
  isWritten = false;
};

// A file of the right size is gone on with; the studio says what is wrong with any other.
document.addEventListener("change", async (event) => {
  if (!event.target.matches("#painter [name=mask_file]") || !event.target.files.length) return;
  const image = await createImageBitmap(event.target.files[0]).catch(() => null);
  const { width, height } = painting.canvas;
  if (image?.width !== width || image.height !== height) return send();
  painting.add("mask", { image });
  tell();
});

// Before the form goes out, what is painted is put into its file field.
document.addEventListener("submit", async (event) => {
  if (event.target.id !== "painter" || isWritten) return;
  event.preventDefault();
  event.stopPropagation();
  const transfer = new DataTransfer();
  transfer.items.add(await painting.file());
  event.target.elements.mask_file.files = transfer.files;
  send();
}, true);

// The picture that it lies on is marked; without that picture there is no mask.
const mark = () => {
  const masked = line()?.querySelector("[name=mask]")?.dataset.on;
  if (masked && !document.getElementById(masked)) line().replaceChildren();
  for (const item of document.querySelectorAll("#tray .ref")) {
    item.classList.toggle("masked", item.id === masked);
  }
};

// Not before its style sheet is there: the first time it comes along.
const open = async () => {
  const link = dialog().querySelector("link");
  if (!link.sheet) await new Promise((done) => { link.onload = link.onerror = done; });
  if (!dialog().open) dialog().showModal();
};

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) dialog()?.close();
  if (!event.target.closest("[data-unmask]")) return;
  line().replaceChildren();
  window.htmx.trigger(document.getElementById("tray"), "tray-changed");
});

// First of all who listen: the options ask with the mask that is left.
document.addEventListener("tray-changed", mark, true);

// A painter that was closed by mistake still holds what was painted.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, target } = event.detail;
  if (target !== dialog() || dialog().querySelector("form")?.dataset.painter !== elt.dataset.painter) return;
  event.preventDefault();
  dialog().showModal();
});

document.addEventListener("htmx:afterSettle", (event) => {
  const { requestConfig, target } = event.detail;
  if (target === dialog()) open();
  else if (requestConfig.elt.id === "painter" && target === line()) {
    dialog().close();
    dialog().replaceChildren();
  }
  mark();
});

if (dialog()?.firstElementChild) open();
mark();
