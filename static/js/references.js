// The reference tray: take pictures that are chosen, dropped or pasted, and put them in order.

const tray = () => document.getElementById("tray");
const items = () => [...tray().querySelectorAll(".ref")];
const hasFiles = (transfer) => [...(transfer?.types ?? [])].includes("Files");

const add = (files) => {
  const pictures = [...files].filter((file) => file.type.startsWith("image/"));
  if (!pictures.length || !tray()?.dataset.url) return;
  window.htmx.ajax("POST", tray().dataset.url, {
    source: tray(), target: "#tray > .drop", swap: "beforebegin", values: { files: pictures },
  });
};

// Its place in the list is a picture's number: the buttons say so too.
const number = () => {
  items().forEach((item, index) => {
    for (const button of item.querySelectorAll("[data-name]")) {
      button.setAttribute("aria-label", `${button.dataset.name} ${index + 1}`);
    }
    item.querySelector("[data-tray=earlier]").disabled = index === 0;
    item.querySelector("[data-tray=later]").disabled = index === items().length - 1;
  });
  const now = document.getElementById("refs-now");
  if (now) now.textContent = items().length;
};

const changed = () => {
  number();
  window.htmx.trigger(tray(), "tray-changed");
};

const act = (button) => {
  const item = button.closest(".ref");
  const [before, after] = [item.previousElementSibling, item.nextElementSibling];
  const todo = button.dataset.tray;
  if (todo === "remove") {
    (after.querySelector(".x, [type=file]") ?? before?.querySelector(".x"))?.focus();
    item.remove();
  } else if (todo === "earlier") before.before(item);
  else after.after(item);
  changed();
  if (todo !== "remove") button.focus();
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-tray]");
  if (button) act(button);
});

document.addEventListener("change", (event) => {
  if (event.target.id !== "files") return;
  add(event.target.files);
  event.target.value = "";
});

document.addEventListener("paste", (event) => {
  if (!event.clipboardData?.files.length) return;
  event.preventDefault();
  add(event.clipboardData.files);
});

let dragged = null;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".ref") ?? null;
});

document.addEventListener("dragover", (event) => {
  const over = event.target.closest?.(".ref");
  if (dragged && over && over !== dragged) {
    event.preventDefault();
    const box = over.getBoundingClientRect();
    const isAfter = event.clientX > box.left + box.width / 2;
    if (isAfter) over.after(dragged);
    else over.before(dragged);
  } else if (dragged && over) event.preventDefault();
  else if (!dragged && hasFiles(event.dataTransfer)) {
    event.preventDefault();
    tray()?.querySelector(".drop")?.classList.add("over");
  }
});

const settle = () => {
  tray()?.querySelector(".drop")?.classList.remove("over");
  if (dragged) changed();
  dragged = null;
};

document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) settle(); });
document.addEventListener("dragend", settle);
document.addEventListener("drop", (event) => {
  if (!dragged && hasFiles(event.dataTransfer)) {
    event.preventDefault();
    add(event.dataTransfer.files);
  } else if (dragged) event.preventDefault();
  settle();
});

// New or newly fetched pictures arrive through htmx; so does a whole new composer.
document.addEventListener("htmx:afterSettle", (event) => {
  const { target, requestConfig } = event.detail;
  if (target.closest?.("#composer") === null || target.id === "options") return;
  if (!tray()) return;
  const isNew = target.matches(".drop");
  if (requestConfig.elt.id === "bylink-form") requestConfig.elt.reset();
  if (isNew) items().at(-1)?.scrollIntoView({ block: "nearest" });
  if (isNew) changed();
  else number();
});

if (tray()) number();
