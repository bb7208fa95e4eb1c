// What is painted over a picture: steps on a canvas with the picture's own pixels. Taking one back draws the others anew.

const TILE = 18;

// Stripes: what is painted can be told without its colour. Larger on large pictures, which are shown smaller.
const stripes = (pen, scale) => {
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(TILE * scale);
  const ink = tile.getContext("2d");
  ink.fillStyle = "#e2502f";
  ink.fillRect(0, 0, tile.width, tile.height);
  ink.strokeStyle = "#ffd9c4";
  ink.lineWidth = 2 * scale;
  for (const shift of [-tile.width, 0, tile.width]) {
    ink.moveTo(shift, tile.width);
    ink.lineTo(shift + tile.width, 0);
  }
  ink.stroke();
  return pen.createPattern(tile, "repeat");
};

const STEPS = {
  stroke: (pen, { isErasing, size, points }) => {
    pen.globalCompositeOperation = isErasing ? "destination-out" : "source-over";
    pen.lineWidth = size;
    pen.beginPath();
    pen.moveTo(points[0].x, points[0].y);
    // A single point is a short line: one without length would not be drawn.
    if (points.length === 1) pen.lineTo(points[0].x + 0.01, points[0].y);
    for (const { x, y } of points.slice(1)) pen.lineTo(x, y);
    pen.stroke();
  },
  invert: (pen) => {
    pen.globalCompositeOperation = "source-out";
    pen.fillRect(0, 0, pen.canvas.width, pen.canvas.height);
  },
  clear: (pen) => pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height),
  // A mask that is there already: what is clear in it is painted.
  mask: (pen, { image }) => {
    const { width, height } = pen.canvas;
    STEPS.clear(pen);
    pen.globalCompositeOperation = "source-over";
    pen.fillRect(0, 0, width, height);
    pen.globalCompositeOperation = "destination-out";
    pen.drawImage(image, 0, 0, width, height);
  },
};

export class Painting {
  #steps = [];
  #undone = [];

  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.pen.lineCap = this.pen.lineJoin = "round";
    const scale = Math.max(1, canvas.width / 900, canvas.height / 900);
    this.pen.fillStyle = this.pen.strokeStyle = stripes(this.pen, scale);
  }

  get canUndo() { return this.#steps.length > 0; }
  get canRedo() { return this.#undone.length > 0; }

  add(kind, facts = {}) {
    this.#undone = [];
    this.#steps.push({ kind, ...facts });
    this.#draw(this.#steps.at(-1));
  }

  // Go on with the stroke that was added last.
  extend(point) {
    const stroke = this.#steps.at(-1);
    const last = stroke.points.at(-1);
    stroke.points.push(point);
    this.#draw({ ...stroke, points: [last, point] });
  }

  undo() { this.#move(this.#steps, this.#undone); }
  redo() { this.#move(this.#undone, this.#steps); }

  #move(from, to) {
    if (!from.length) return;
    to.push(from.pop());
    STEPS.clear(this.pen);
    for (const step of this.#steps) this.#draw(step);
  }

  #draw(step) { STEPS[step.kind](this.pen, step); }

  // How much is painted, from 0 to 1.
  get share() {
    const small = document.createElement("canvas");
    small.width = small.height = 96;
    const pen = small.getContext("2d", { willReadFrequently: true });
    pen.drawImage(this.canvas, 0, 0, 96, 96);
    const pixels = pen.getImageData(0, 0, 96, 96).data;
    let sum = 0;
    for (let at = 3; at < pixels.length; at += 4) sum += pixels[at];
    return sum / 255 / 96 / 96;
  }

  // The mask as a PNG file: clear where something is painted, black elsewhere.
  async file() {
    const sheet = document.createElement("canvas");
    sheet.width = this.canvas.width;
    sheet.height = this.canvas.height;
    const pen = sheet.getContext("2d");
    pen.fillRect(0, 0, sheet.width, sheet.height);
    pen.globalCompositeOperation = "destination-out";
    pen.drawImage(this.canvas, 0, 0);
    const blob = await new Promise((done) => { sheet.toBlob(done, "image/png"); });
    return new File([blob], "mask.png", { type: "image/png" });
  }
}
