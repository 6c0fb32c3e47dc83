import { crc32, inflateSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { Net } from "../net.ts";
import { encodeOled } from "./oled-picture.ts";
import { encodePng } from "./png.ts";
import { oledTextArt } from "./text-art.ts";
import { VcdTrace } from "./vcd.ts";

test("a VCD holds a header, the levels at the start, and every edge with its nanosecond", () => {
	const clock = new SimulationClock();
	clock.run(7);
	const coil = new Net("lock coil", clock);
	const clockNet = new Net("GPIO14", clock);
	const twin = new Net("GPIO14", clock);
	const driver = coil.attach();
	const other = clockNet.attach();
	other.drive(1);
	const trace = new VcdTrace(clock, [coil, clockNet, twin], { scope: "demo fridge" });
	clock.run(3);
	driver.drive(1);
	other.drive(0);
	clock.run(100);
	driver.drive(0);
	clock.run(5);
	trace.close();
	driver.drive(1);
	expect(trace.text()).toBe(`$version VisionVend hardware-sim $end
$timescale 1 ns $end
$scope module demo_fridge $end
$var wire 1 ! lock_coil $end
$var wire 1 " GPIO14 $end
$var wire 1 # GPIO14_2 $end
$upscope $end
$enddefinitions $end
#7
$dumpvars
0!
1"
0#
$end
#10
1!
0"
#110
0!
#115
`);
});

test("identifier codes stay apart, however many nets there are", () => {
	const clock = new SimulationClock();
	const nets = Array.from({ length: 10_000 }, (_, i) => new Net(`n${i}`, clock));
	const codes = [...new VcdTrace(clock, nets).text().matchAll(/^\$var wire 1 (\S+) /gm)].map(([, code]) => code);
	expect(new Set(codes).size).toBe(10_000);
});

test("edges past the limit are counted, not kept", () => {
	const clock = new SimulationClock();
	const net = new Net("n", clock);
	const trace = new VcdTrace(clock, [net], { edgeLimit: 2 });
	const driver = net.attach();
	for (const level of [1, 0, 1, 0] as const) driver.drive(level);
	expect(trace.lostEdges).toBe(2);
});

/** Reads back what `encodePng` writes: three chunks, no filters. */
function decodePng(png: Buffer): { width: number; height: number; gray: Uint8Array } {
	expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
	const chunks = new Map<string, Buffer>();
	for (let at = 8; at < png.length; ) {
		const length = png.readUInt32BE(at);
		const body = png.subarray(at + 4, at + 8 + length);
		expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(body));
		chunks.set(body.subarray(0, 4).toString("latin1"), body.subarray(4));
		at += 12 + length;
	}
	expect([...chunks.keys()]).toEqual(["IHDR", "IDAT", "IEND"]);
	const header = chunks.get("IHDR") ?? Buffer.alloc(0);
	expect([...header.subarray(8)]).toEqual([8, 0, 0, 0, 0]);
	const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
	const rows = inflateSync(chunks.get("IDAT") ?? Buffer.alloc(0));
	const gray = new Uint8Array(width * height);
	for (let y = 0; y < height; y++) {
		expect(rows[y * (width + 1)]).toBe(0);
		gray.set(rows.subarray(y * (width + 1) + 1, (y + 1) * (width + 1)), y * width);
	}
	return { width, height, gray };
}

test("a PNG holds the pixels that were put in", () => {
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), fc.nat(), (width, height, seed) => {
			const gray = Uint8Array.from({ length: width * height }, (_, i) => (seed + i * 31) & 0xff);
			expect(decodePng(encodePng(width, height, gray))).toEqual({ width, height, gray });
		}),
		{ seed: 1 },
	);
	expect(() => encodePng(2, 2, new Uint8Array(3))).toThrow(/2×2 pixels are 4 bytes, not 3/);
});

test("the picture of a display at scale 4 is 512×256, and its lit pixels are bright", () => {
	const pixels = new Uint8Array(128 * 64);
	pixels[128 + 2] = 1; // x 2, y 1
	const { width, height, gray } = decodePng(encodeOled(pixels, 4));
	expect([width, height]).toEqual([512, 256]);
	expect(gray[4 * 512 + 8]).toBeGreaterThan(200);
	expect(gray[4 * 512 + 12]).toBeLessThan(30);
	expect(decodePng(encodeOled(pixels, 4, { bezel: true })).width).toBe(544);
});

test("text art has a frame, fits in 66 columns, and puts each pixel at its place", () => {
	const lines = oledTextArt(new Uint8Array(128 * 64), 128, 64).split("\n");
	expect(lines).toHaveLength(18);
	for (const line of lines) expect([...line]).toHaveLength(66);
	expect(oledTextArt(Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 0), 2, 4)).toBe("╭─╮\n│⠑│\n╰─╯");
	expect(oledTextArt(Uint8Array.of(0, 0, 1, 1, 1, 1), 3, 2)).toBe("╭──╮\n│⠒⠃│\n╰──╯");
});
