// Dialogs of the keys page. A link to a dialog's own page opens it in place, a link back closes
// it, and one that the server sends open becomes modal.

for (const dialog of document.querySelectorAll("dialog[open]")) {
  dialog.close();
  dialog.showModal();
  dialog.querySelector("[aria-invalid]")?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog], a[data-close]");
  const dialog = link && (document.getElementById(link.dataset.dialog) ?? link.closest("dialog"));
  if (!dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (dialog.open) dialog.close();
  else dialog.showModal();
});
