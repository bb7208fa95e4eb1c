// Dialogs of the keys page: those that the server sends open become modal, and browsers that do
// not know `command` open theirs here.

for (const dialog of document.querySelectorAll("dialog[open]")) {
  dialog.close();
  dialog.showModal();
}

if (!("commandForElement" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[commandfor]");
    const dialog = button && document.getElementById(button.getAttribute("commandfor"));
    if (!dialog) return;
    event.preventDefault();
    dialog.showModal();
  });
}
