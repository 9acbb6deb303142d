import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const MOST_COLOURS = 256;

/** Two colours look the same when the squared distance of their red, green and blue is at most this. */
const ALIKE = 150;

/** The picture with a palette of its most frequent colours: it looks the same at less than half the size. */
export function smallPng(png: Buffer): Buffer {
  const { width, height, channels, data } = read(png);
  const counts = new Map<number, number>();
  for (let at = 0; at < data.length; at += channels) {
    const colour = data.readUIntBE(at, 3);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const palette = choose([...counts].sort(([, a], [, b]) => b - a).map(([colour]) => colour));
  const nearest = new Map(palette.map((colour, index) => [colour, index]));
  const rows = Buffer.alloc(height * (width + 1)); // every row begins with 0, for "not filtered"
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const colour = data.readUIntBE((y * width + x) * channels, 3);
      const index = nearest.get(colour) ?? closest(palette, colour);
      nearest.set(colour, index);
      rows[y * (width + 1) + 1 + x] = index;
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3], 8); // 8 bits, a palette
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  const image = deflateSync(rows, { level: 9 });
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", head),
    chunk("PLTE", colours),
    chunk("IDAT", image),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** The first of the colours, without those that look like one before. */
function choose(colours: readonly number[]): number[] {
  const chosen: number[] = [];
  for (const colour of colours) {
    if (chosen.length === MOST_COLOURS) break;
    if (chosen.every((each) => distance(each, colour) > ALIKE)) chosen.push(colour);
  }
  return chosen;
}

function closest(palette: readonly number[], colour: number): number {
  let [best, least] = [0, Infinity];
  palette.forEach((each, index) => {
    if (distance(each, colour) < least) [best, least] = [index, distance(each, colour)];
  });
  return best;
}

function distance(a: number, b: number): number {
  const red = (a >> 16) - (b >> 16);
  const green = ((a >> 8) & 255) - ((b >> 8) & 255);
  const blue = (a & 255) - (b & 255);
  return red * red + green * green + blue * blue;
}

function read(png: Buffer): { width: number; height: number; channels: number; data: Buffer } {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const channels = png[25] === 6 ? 4 : 3;
  const parts: Buffer[] = [];
  for (let at = SIGNATURE.length; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString("latin1", at + 4, at + 8) === "IDAT")
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  return { width, height, channels, data: unfiltered(inflateSync(Buffer.concat(parts)), width * channels, channels) };
}

/**
 * The bytes of the picture, before filtering. The first byte of a row says what its bytes were predicted by: nothing,
 * the left, the upper, the mean of both, or Paeth's choice of three.
 */
function unfiltered(raw: Buffer, stride: number, channels: number): Buffer {
  const data = Buffer.alloc((raw.length / (stride + 1)) * stride);
  for (let row = 0, from = 0; from < raw.length; row++, from += stride + 1) {
    for (let at = 0; at < stride; at++) {
      const here = row * stride + at;
      const left = at < channels ? 0 : (data[here - channels] ?? 0);
      const up = row === 0 ? 0 : (data[here - stride] ?? 0);
      const corner = row === 0 || at < channels ? 0 : (data[here - stride - channels] ?? 0);
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][raw[from] ?? 0] ?? 0;
      data[here] = ((raw[from + 1 + at] ?? 0) + predicted) & 255;
    }
  }
  return data;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

function chunk(name: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, "latin1"), content]);
  const whole = Buffer.alloc(named.length + 8);
  whole.writeUInt32BE(content.length, 0);
  whole.set(named, 4);
  whole.writeUInt32BE(crc32(named), named.length + 4);
  return whole;
}
