import { visionvendS3 } from "@visionvend/sdk/boards/visionvend-s3";
import type { Wiring, WiringPin } from "./wiring.ts";

/** Where the board has what is no GPIO (user guide of ESP32-S3-DevKitC-1 v1.1, "Header Block"). */
const boardNets: Readonly<Record<Wiring["board"], Readonly<Record<string, string>>>> = {
	"ESP32-S3-DevKitC-1-N16R8": { "3V3": "J1-1", "5V": "J1-21", GND: "J3-1" },
	"Raspberry Pi": { "USB socket": "" },
};

/** Shades of the card's own background, so that the picture can be read wherever it stands. */
const style = `
text{font:14px "Liberation Sans",Arial,sans-serif;fill:#1f2328}
.card{fill:#fff;stroke:#d0d7de}.box{fill:#f6f8fa;stroke:#57606a;stroke-width:1.5}
.name{font-size:16px;font-weight:bold}.small{font-size:12px;fill:#57606a}.mid{text-anchor:middle}.end{text-anchor:end}
path,.r{fill:none;stroke-width:2.5;stroke-linecap:round}.r,.dot{stroke-width:2}
.v{stroke:#cf222e}.g{stroke:#24292f}.s0{stroke:#0969da}.s1{stroke:#1a7f37}.s2{stroke:#8250df}.s3{stroke:#bc4c00}.x{stroke:#57606a}
.r{fill:#fff}.dash{stroke-dasharray:6 6}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.card{fill:#0d1117;stroke:#30363d}.box{fill:#161b22;stroke:#8d96a0}
.small{fill:#9da7b3}.v{stroke:#ff7b72}.g{stroke:#c9d1d9}.s0{stroke:#58a6ff}.s1{stroke:#3fb950}.s2{stroke:#bc8cff}.s3{stroke:#f0883e}.x{stroke:#8d96a0}.r{fill:#0d1117}}
`.trim();

/** Width of a text in Arial at 14 px, generously. */
function widthOf(text: string, size = 14): number {
	return [...text].length * size * 0.56;
}

function escaped(text: string): string {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

/** `3V8` is 3.8 V. */
function voltsOf(net: string): string {
	return `${net.replace("V", ".").replace(/\.$/, "")} V`;
}

/** Lines of at most `width` pixels, in small print. */
function wrapped(text: string, width: number): string[] {
	const lines: string[] = [];
	for (const word of text.split(" ")) {
		const line = lines.at(-1);
		if (line !== undefined && widthOf(`${line} ${word}`, 12) <= width) lines[lines.length - 1] = `${line} ${word}`;
		else lines.push(word);
	}
	return lines;
}

/** The first thing that a note says, when it fits along a wire. */
function shortest(note: string): string {
	const [first = ""] = note.split(/[;:]/);
	return widthOf(first, 12) < 320 ? first : "";
}

interface Row {
	readonly pin: WiringPin;
	/** Where the wire ends: in the board, or outside of it. */
	readonly onBoard: boolean;
	readonly target: string;
	readonly place: string;
	/** Stroke of the wire. */
	readonly color: string;
	/** Ohms in series, as the note says them. */
	readonly series: string | undefined;
	readonly pull: { readonly to: "3V3" | "GND"; readonly value: string } | undefined;
	readonly optional: boolean;
	/** Of the wire, from the card's upper edge. */
	readonly y: number;
}

/** Resistors that the notes ask for. A pull that the chip itself has, and the driver switches on, is none. */
function resistorsOf(note: string): Pick<Row, "series" | "pull"> {
	const series = /(\d[\d.,]* k?Ω) in series/.exec(note)?.[1];
	const [, before, direction] = /(?:^|[;, ])(?:(\d[\d.,]* kΩ) )?pull-(up|down)(?= |$|:|;)/.exec(note) ?? [];
	const isInside = /\b(opens the pin with|input with|needs) a? ?pull-/.test(note);
	if (direction === undefined || isInside) return { series, pull: undefined };
	const value = before ?? /\((\d[\d.,]* kΩ)\)/.exec(note)?.[1] ?? "";
	return { series, pull: { to: direction === "up" ? "3V3" : "GND", value } };
}

function rowsOf(wiring: Wiring, top: number): Row[] {
	const nets = boardNets[wiring.board];
	const isOnBoard = ({ gpio, net }: WiringPin) => gpio !== null || nets[net] !== undefined;
	const pins = [...wiring.pins.filter(isOnBoard), ...wiring.pins.filter((pin) => !isOnBoard(pin))];
	let signals = 0;
	let y = top;
	let wasOnBoard = true;
	let hadPullDown = false;
	let resistors = resistorsOf("");
	return pins.map((pin) => {
		const { gpio, net, note } = pin;
		const onBoard = isOnBoard(pin);
		if (note !== "likewise") resistors = resistorsOf(note);
		if (wasOnBoard && !onBoard) y += 22;
		wasOnBoard = onBoard;
		// A pull-up stands above its wire, a pull-down hangs below it.
		if (resistors.pull?.to === "3V3") y += hadPullDown ? 36 : 24;
		hadPullDown = resistors.pull?.to === "GND";
		y += 38;
		const isPower = /^\d+V\d*$/.test(net);
		const row: Row = {
			pin,
			onBoard,
			target: gpio !== null ? `GPIO${gpio}` : isPower && !onBoard ? `${voltsOf(net)} supply` : net,
			place: gpio !== null ? (visionvendS3.pins.find((known) => known.gpio === gpio)?.place ?? "") : (nets[net] ?? ""),
			color: isPower ? "v" : net === "GND" ? "g" : gpio === null ? "x" : `s${signals++ % 4}`,
			...resistors,
			optional: /\boptional\b|may be left out/.test(note),
			y,
		};
		if (resistors.pull?.to === "GND") y += 26;
		return row;
	});
}

/** One sentence that says what the picture shows. */
export function wiringAlt(wiring: Wiring): string {
	const wires = wiring.pins.flatMap(({ part, gpio }) => (gpio === null ? [] : [`${part} to GPIO${gpio}`]));
	const board = wiring.board === "Raspberry Pi" ? "a Raspberry Pi" : "an ESP32-S3";
	return `${wiring.part} wired to ${board}${wires.length === 0 ? "" : `: ${wires.join(", ")}`}`;
}

/** The picture of a part's wires, as SVG. The same wiring gives the same bytes. */
export function wiringPicture(wiring: Wiring): string {
	const rows = rowsOf(wiring, 56);
	const partWidth = Math.max(widthOf(wiring.part, 16), ...rows.map(({ pin }) => widthOf(pin.part))) + 36;
	const boardName = wiring.board === "Raspberry Pi" ? "Raspberry Pi" : "ESP32-S3-DevKitC-1";
	const outside = rows.filter(({ onBoard }) => !onBoard);
	const boardWidth =
		Math.max(
			widthOf(boardName, 16) + 28,
			...rows.map(({ target, place }) => widthOf(target) + widthOf(place, 12) + 44),
			...outside.map(({ target }) => widthOf(target) + 24),
		) | 0;
	const gap = 340;
	const partLeft = 20;
	const partRight = Math.ceil(partLeft + partWidth);
	const boardLeft = partRight + gap;
	const width = boardLeft + boardWidth + 20;
	const last = (some: readonly Row[]) => Math.max(...some.map(({ y, pull }) => y + (pull?.to === "GND" ? 24 : 0)));
	const bottom = last(rows) + 24;
	const voltage = wrapped(wiring.voltage, width - 48);
	const height = bottom + 20 + voltage.length * 16 + 8;
	const inBoard = rows.filter(({ onBoard }) => onBoard);

	const parts: string[] = [];
	const text = (x: number, y: number, words: string, kind = "") =>
		parts.push(`<text x="${x}" y="${y}"${kind === "" ? "" : ` class="${kind}"`}>${escaped(words)}</text>`);
	const line = (d: string, kind: string) => parts.push(`<path d="${d}" class="${kind}"/>`);
	const box = (x: number, y: number, w: number, h: number, kind: string, round = 6) =>
		parts.push(`<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${round}" class="${kind}"/>`);

	box(0.5, 0.5, width - 1, height - 1, "card", 10);
	box(partLeft, 20, partRight - partLeft, bottom - 20, "box");
	text(partLeft + 14, 46, wiring.part, "name");
	if (inBoard.length > 0) box(boardLeft, 20, boardWidth, last(inBoard) + 4, "box");
	if (inBoard.length > 0) text(boardLeft + 14, 46, boardName, "name");

	for (const { pin, onBoard, target, place, color, series, pull, optional, y } of rows) {
		text(partRight - 12, y + 5, pin.part, "end");
		line(`M${partRight} ${y}H${boardLeft}`, optional ? `${color} dash` : color);
		const isPower = color === "v" || color === "g";
		// What stands at the wire's end already is not said again: there is room for what to mind.
		const label = !onBoard ? shortest(pin.note) : isPower ? "" : optional ? `${pin.net} (optional)` : pin.net;
		if (label !== "") text(partRight + gap / 2, y - 7, label, "small mid");
		if (series !== undefined) {
			box(partRight + 34, y - 6, 34, 12, `r ${color}`, 2);
			text(partRight + 51, y - 12, series, "small mid");
		}
		if (pull !== undefined) {
			const x = boardLeft - 62;
			const up = pull.to === "3V3";
			const end = up ? y - 42 : y + 42;
			line(`M${x} ${y}V${end}`, up ? "v" : "g");
			box(x - 6, up ? y - 34 : y + 10, 12, 24, `r ${up ? "v" : "g"}`, 2);
			line(`M${x - 7} ${end}h14`, up ? "v" : "g");
			text(x + 12, up ? y - 26 : y + 22, pull.value === "" ? `pull-${up ? "up" : "down"}` : pull.value, "small");
			text(x + 12, up ? y - 12 : y + 36, `to ${pull.to}`, "small");
		}
		parts.push(
			`<circle cx="${partRight}" cy="${y}" r="4" class="box"/><circle cx="${boardLeft}" cy="${y}" r="4" class="box"/>`,
		);
		text(boardLeft + 14, y + 5, target);
		if (onBoard && place !== "") text(boardLeft + boardWidth - 12, y + 4, place, "small end");
	}
	for (const [index, words] of voltage.entries()) text(24, bottom + 26 + 16 * index, words, "small");
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
		`<title>${escaped(wiringAlt(wiring))}</title>`,
		`<style>${style}</style>`,
		...parts,
		"</svg>",
		"",
	].join("\n");
}
