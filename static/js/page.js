// What every signed-in page does by itself: outlive a session, say when the studio is away, copy.

const byId = (id) => document.getElementById(id);

// A member who signs in again in another tab gets a new token; a form made before still holds the old one.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  if (!token) return;
  event.detail.parameters.delete("csrfmiddlewaretoken");
  event.detail.headers["X-CSRFToken"] = token;
});

let wasDismissed = false;

document.addEventListener("signed-out", (event) => {
  const dialog = byId("signed-out");
  const isAsked = event.target.id !== "watch";
  if (dialog.open || (wasDismissed && !isAsked)) return;
  dialog.showModal();
  dialog.addEventListener("close", () => { wasDismissed = true; }, { once: true });
});

document.addEventListener("htmx:sendError", () => { byId("offline").hidden = false; });

document.addEventListener("htmx:afterRequest", (event) => {
  const { xhr, successful } = event.detail;
  if (xhr?.status) byId("offline").hidden = true;
  if (successful) wasDismissed = false;
});

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
