// The painter by keyboard: [ and ] for the size, ⌘/Ctrl-Z to take back, arrows to move the brush.

import { act, find, isOpen, show, size, step } from "./painter.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const DABS = [" ", "Enter"];

const grow = (factor) => {
  find("[name=brush]").value = Math.round(size() * factor) + (factor > 1 ? 1 : -1);
  show();
};

// Arrows move by half a brush, and with Shift they paint all the way; space and Enter paint in place.
const steer = ({ key, shiftKey }) => {
  const far = Math.max(1, size() / 2);
  step((ARROWS[key] ?? [0, 0]).map((one) => one * far), shiftKey || DABS.includes(key));
};

document.addEventListener("keydown", (event) => {
  if (!isOpen()) return;
  const isCommand = event.metaKey || event.ctrlKey;
  const isSteering = event.key in ARROWS || DABS.includes(event.key);
  if (isCommand && event.key.toLowerCase() === "z") act(event.shiftKey ? "redo" : "undo");
  else if (isCommand || event.altKey) return;
  else if (event.key === "[") grow(1 / 1.2);
  else if (event.key === "]") grow(1.2);
  else if (isSteering && event.target.id === "sheet-to-paint") steer(event);
  else return;
  event.preventDefault();
});
