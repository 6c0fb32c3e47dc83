import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FrameCollector } from "../../test/frame-collector.ts";
import { TestClock } from "../../test/test-clock.ts";
import { programStream } from "./camera-program.ts";
import { RawSource } from "./raw-source.ts";
import { rpicam } from "./rpicam.ts";
import { tcpStream } from "./tcp-run.ts";

// A program of its own, which speaks as rpicam-vid does, on a real pipe.
const program = fileURLToPath(new URL("../../test/fake-rpicam-vid.mjs", import.meta.url));
const mode = { width: 72, height: 8, framesPerSecond: 15 };

let directory: string;
let source: RawSource;
const stallMs = 5_000;

/** Notes the waits that were asked for, but for those for the next frame. */
class NotingClock extends TestClock {
	readonly restartsMs: number[] = [];

	override after(delayMs: number, callback: () => void): () => void {
		if (delayMs !== stallMs) this.restartsMs.push(delayMs);
		return super.after(delayMs, callback);
	}
}

let clock = new NotingClock();
const problems: string[] = [];
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "visionvend-camera-"));
	problems.length = 0;
	clock = new NotingClock();
});
afterEach(async () => {
	await source.close();
	rmSync(directory, { recursive: true, force: true });
});

function camera(lives: readonly { frames: number; end: string; says?: string }[]): {
	source: RawSource;
	lives: string;
} {
	const file = join(directory, "lives.json");
	writeFileSync(file, JSON.stringify(lives));
	source = new RawSource({
		...programStream(rpicam(1, mode, { program, words: ["--lives", file] })),
		camera: 1,
		clock,
		stallMs,
		onProblem: (problem) => problems.push(problem),
	});
	return { source, lives: file };
}

/** Until a process has ended, which no virtual clock can hurry. */
async function until(condition: () => boolean): Promise<void> {
	while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

test("frames of rpicam-vid arrive whole, in order, without the padding of their rows", async () => {
	camera([{ frames: 5, end: "stall" }]);
	const collector = new FrameCollector(source);
	expect(source.state).toBe("starting");
	await collector.count(5);
	expect(source.state).toBe("running");
	expect(collector.frames.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4]);
	expect(collector.frames.map(({ camera }) => camera)).toEqual([1, 1, 1, 1, 1]);
	for (const { data, width, height, sequence } of collector.frames) {
		expect([width, height, data.length]).toEqual([72, 8, 864]);
		const at = (base: number, row: number, column: number) => (base + 3 * row + column + sequence) % 256;
		expect([data[0], data[71], data[72], data[575]]).toEqual([at(0, 0, 0), at(0, 0, 71), at(0, 1, 0), at(0, 7, 71)]);
		expect([data[576], data[611], data[612], data[719]]).toEqual([
			...[at(50, 0, 0), at(50, 0, 35), at(50, 1, 0), at(50, 3, 35)],
		]);
		expect([data[720], data[863]]).toEqual([at(100, 0, 0), at(100, 3, 35)]);
	}
	expect(source.drops).toEqual({});
});

test("a camera that gives no frame for 5 s is killed and started again, and the numbers go on", async () => {
	camera([
		{ frames: 2, end: "stall" },
		{ frames: 1, end: "stall" },
	]);
	const collector = new FrameCollector(source);
	await collector.count(2);
	clock.step(clock.now() + 4_999);
	expect(source.state).toBe("running");
	while (clock.step(clock.now() + 1));
	expect(source.state).toBe("stalled");
	await until(() => problems.length > 0);
	expect(problems).toEqual([expect.stringMatching(/^.*rpicam-vid.* gave no frame for 5 s\.$/)]);
	while (clock.step(clock.now() + 1_000));
	await collector.count(3);
	expect(source.state).toBe("running");
	expect(collector.frames.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
});

test("a frame that its program did not finish is dropped as torn, and does not shift the next ones", async () => {
	camera([
		{ frames: 1, end: "tear" },
		{ frames: 1, end: "stall" },
	]);
	const collector = new FrameCollector(source);
	await collector.count(1);
	await until(() => source.state === "stalled");
	expect(source.drops).toEqual({ torn: 1 });
	while (clock.step(clock.now() + 1_000));
	await collector.count(2);
	expect(collector.frames[1]?.data).toEqual(collector.frames[0]?.data);
});

test("a camera that is not there is tried after 1, 2, 4, 8, 16 and then every 30 s, and told once", async () => {
	camera([
		...Array(7).fill({ frames: 0, end: "die", says: "no cameras available" }),
		{ frames: 1, end: "die", says: "no cameras available" },
	]);
	new FrameCollector(source);
	for (let life = 1; life <= 8; life += 1) {
		await until(() => clock.restartsMs.length === life);
		// Once it has worked, the same words are news.
		expect(problems).toHaveLength(life === 8 ? 2 : 1);
		clock.step(clock.now() + 60_000);
	}
	expect(problems[0]).toMatch(/ended \(status 255\): ERROR: \*\*\* no cameras available \*\*\*$/);
	expect(clock.restartsMs).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test("a program that is not installed is told in words", async () => {
	source = new RawSource({
		...programStream(rpicam(0, mode, { program: "visionvend-has-no-such-camera" })),
		camera: 0,
		clock,
		onProblem: (problem) => problems.push(problem),
	});
	new FrameCollector(source);
	await until(() => problems.length > 0);
	expect(problems).toEqual(["visionvend-has-no-such-camera is not installed."]);
	expect(source.state).toBe("stalled");
});

test("a stream over TCP gives frames, is tried again when it ends, and an address that nobody listens at is told", async () => {
	const picture = Uint8Array.from({ length: (72 * 8 * 3) / 2 }, (_, index) => index % 251);
	const server = createServer((socket) => {
		// In two pieces that are no frames, and half of a next one.
		socket.write(picture.subarray(0, 100));
		socket.end(Buffer.concat([picture.subarray(100), picture.subarray(0, 50)]));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("no port");
	const url = `tcp://127.0.0.1:${address.port}`;
	source = new RawSource({ ...tcpStream(url, mode), camera: 0, clock, onProblem: (problem) => problems.push(problem) });
	const collector = new FrameCollector(source);
	await until(() => source.state === "stalled");
	expect(collector.frames.map(({ data }) => Buffer.compare(data, picture))).toEqual([0]);
	expect(source.drops).toEqual({ torn: 1 });
	expect(problems).toEqual([`${url} closed the connection.`]);
	clock.step(clock.now() + 1_000);
	await until(() => collector.frames.length === 2);
	await until(() => source.state === "stalled");
	server.close();
	clock.step(clock.now() + 2_000);
	await until(() => problems.length === 3);
	expect(problems[2]).toContain(`${url} cannot be reached: connect ECONNREFUSED`);
});

test("a closed camera gives no frame, and its program is gone even when it does not listen to SIGTERM", async () => {
	camera([{ frames: 1, end: "ignore-sigterm" }]);
	const collector = new FrameCollector(source);
	await collector.count(1);
	await Promise.all([source.close(), source.close()]);
	expect(source.state).toBe("closed");
	expect(collector.frames).toHaveLength(1);
	expect(clock.step(clock.now() + 60_000)).toBe(false);
});
