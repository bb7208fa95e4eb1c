// The order form: counts, steps, remembers the prompt, and develops on ⌘/Ctrl-Enter.

const composer = () => document.getElementById("composer");
const prompt = () => document.getElementById("prompt");
const draftKey = () => `draft-${composer().dataset.draft}`;

const isComparing = () => document.getElementById("compare")?.checked;

const count = () => {
  const field = prompt();
  const number = (value) => value.toLocaleString(document.documentElement.lang);
  const length = [...field.value].length;
  const limit = Number(document.getElementById("opts")?.dataset.limit);
  const output = document.getElementById("prompt-count");
  output.textContent = limit ? `${number(length)} / ${number(limit)}` : number(length);
  output.classList.toggle("t-bad", limit > 0 && length > limit);
};

const keep = () => {
  sessionStorage.setItem(draftKey(), prompt().value);
  count();
};

const fill = (text) => {
  prompt().value = text;
  keep();
  prompt().focus();
};

const open = () => {
  const field = prompt();
  if (!field.value) field.value = sessionStorage.getItem(draftKey()) ?? "";
  keep();
};

const step = (by) => {
  const field = document.getElementById("n");
  const wanted = (Number(field.value) || 1) + by;
  field.value = Math.min(Number(field.max), Math.max(Number(field.min), wanted));
  field.dispatchEvent(new Event("change", { bubbles: true }));
};

document.addEventListener("input", (event) => {
  if (event.target.id === "prompt") keep();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button, .pv");
  if (!button) return;
  if (button.dataset.step) step(Number(button.dataset.step));
  else if ("clear" in button.dataset) fill("");
  else if (button.dataset.prompt) fill(button.dataset.prompt);
  // A pointer has chosen; arrow keys (detail 0) may want to go on, and so does who compares.
  else if (button.matches(".pv") && event.detail && !isComparing()) document.getElementById("picker").open = false;
});

document.addEventListener("change", (event) => {
  if (event.target.id === "compare") document.getElementById("picker").open = event.target.checked;
});

document.addEventListener("keydown", (event) => {
  const isGo = event.key === "Enter" && (event.metaKey || event.ctrlKey);
  if (!isGo || !composer().contains(event.target)) return;
  event.preventDefault();
  const button = document.getElementById("develop");
  if (!button.disabled) composer().requestSubmit(button);
});

// What is unfolded stays so when the options are drawn anew.
let unfolded = [];

document.addEventListener("htmx:beforeSwap", () => {
  unfolded = [...document.querySelectorAll(".composer details[open][id]")].map((one) => one.id);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "options" && event.detail.target.id !== "composer") return;
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  count();
  if (event.detail.target.id !== "composer") return;
  keep();
  const wrong = composer().querySelector("[aria-invalid]") ?? prompt();
  wrong.focus();
});

if (!/Mac|iPhone|iPad/.test(navigator.platform)) document.documentElement.classList.add("not-mac");
open();
