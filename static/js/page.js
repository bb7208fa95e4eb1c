// What every signed-in page does by itself: outlive a session, say when the studio is away, copy.

const byId = (id) => document.getElementById(id);

// A member who signs in again in another tab gets a new token; a form made before still holds the old one.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  if (!token) return;
  event.detail.parameters.delete("csrfmiddlewaretoken");
  event.detail.headers["X-CSRFToken"] = token;
});

// What is under way is asked after every second, as long as there is any on the page; what waits for
// people every ten.
let seconds = 0;

setInterval(() => {
  seconds += 1;
  for (const asker of document.querySelectorAll("[data-while]")) {
    const { while: moving, whileCalm: calm } = asker.dataset;
    const isDue = document.querySelector(moving) || (seconds % 10 === 0 && document.querySelector(calm));
    if (isDue) htmx.trigger(asker, "look");
  }
}, 1000);

let wasDismissed = false;

document.addEventListener("signed-out", (event) => {
  const dialog = byId("signed-out");
  const isAsked = !event.target.closest("[data-poll]");
  if (dialog.open || (wasDismissed && !isAsked)) return;
  dialog.showModal();
  dialog.addEventListener("close", () => { wasDismissed = true; }, { once: true });
});

let away;

// Leaving a page ends its requests too: wait a moment before saying that the studio is gone.
document.addEventListener("htmx:sendError", () => {
  away ??= setTimeout(() => { byId("offline").hidden = false; }, 1000);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { xhr, successful } = event.detail;
  if (successful) wasDismissed = false;
  if (!xhr?.status) return;
  byId("offline").hidden = true;
  clearTimeout(away);
  away = undefined;
});

// A request that a person made and that failed leaves the page as it is: say why for a while.
let refused;

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 401 || event.target.closest("[data-poll]")) return;
  const words = byId("refused").querySelector("span");
  const isOurs = xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
  words.textContent = isOurs ? xhr.responseText : words.dataset.otherwise;
  byId("refused").hidden = false;
  clearTimeout(refused);
  refused = setTimeout(() => { byId("refused").hidden = true; }, 10000);
});

// One dialog asks every question: of htmx (hx-confirm) and of plain forms (data-confirm on the button).
const ask = (question, go) => {
  const dialog = byId("confirm");
  dialog.querySelector("p").textContent = question;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => { if (dialog.returnValue === "yes") go(); }, { once: true });
  dialog.showModal();
};

document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  ask(event.detail.question, () => event.detail.issueRequest(true));
});

let answered;

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.dataset.confirm || button === answered) return;
  event.preventDefault();
  ask(button.dataset.confirm, () => { answered = button; event.target.requestSubmit(button); });
});

// Times of day grow older while a page stays open.
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const age = (Date.now() - Date.parse(time.dateTime)) / 1000;
    const [unit, seconds] = UNITS.find(([, length]) => age >= length) ?? [];
    if (unit) time.textContent = byId("ages").dataset[unit].replace("1", Math.floor(age / seconds));
  }
}, 30000);

let copied;

const sayCopied = () => {
  byId("copied").hidden = false;
  clearTimeout(copied);
  copied = setTimeout(() => { byId("copied").hidden = true; }, 2000);
};

// navigator.clipboard exists only over HTTPS and on localhost; a studio on the local network has neither.
const copy = async (text) => {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
  field.className = "vh";
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await copy(button.dataset.copy);
  sayCopied();
});
