import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { commands } from "./commands.ts";
import { runCommandLine } from "./run-command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "visionvend-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const takeOne = fileURLToPath(new URL("../../scenarios/fridge/take-one.json", import.meta.url));

async function sim(...argv: string[]): Promise<{ code: number; out: string[]; err: string[] }> {
	const out: string[] = [];
	const err: string[] = [];
	const code = await runCommandLine(argv, {
		out: (line) => out.push(line),
		err: (line) => err.push(line),
		interruption: new AbortController().signal,
	});
	return { code, out, err };
}

function file(name: string, content: object): string {
	const path = join(folder, name);
	writeFileSync(path, JSON.stringify(content));
	return path;
}

test("every command has its name, and help with exit codes or options", async () => {
	for (const [name, load] of Object.entries(commands)) {
		const command = await load();
		expect(command.name).toBe(name);
		const { code, out } = await sim(name, "--help");
		expect(code).toBe(0);
		expect(out.join("\n"), name).toContain(name);
	}
	const { code, out } = await sim("--help");
	expect(code).toBe(0);
	for (const name of Object.keys(commands)) expect(out.join("\n")).toMatch(new RegExp(`^ {2}${name} `, "m"));
});

test("what is mistyped is told with what was meant, and ends with 2", async () => {
	expect(await sim()).toMatchObject({ code: 2, out: [] });
	expect(await sim("rnu")).toEqual({ code: 2, out: [], err: ['There is no command "rnu"; did you mean "run"?'] });
	expect((await sim("run")).err.join()).toContain("Which scenario?");
	for (const argv of [
		["run", takeOne, "--seed", "x"],
		["run", takeOne, "--engine", "v8"],
		["run", takeOne, "--sede", "1"],
		["run", join(folder, "not-there.json")],
		["sweep", takeOne, "--faults", "brown-uot"],
		["record", "hx7"],
		["record", "hx711", "--for", "3"],
		["record", "hx711", "--options", "{"],
		["replay", join(folder, "not-there"), "hx711"],
	]) {
		const { code, out, err } = await sim(...argv);
		expect({ code, out }, argv.join(" ")).toEqual({ code: 2, out: [] });
		expect(err.join("\n"), argv.join(" ")).not.toBe("");
	}
});

test("run plays a scenario, keeps evidence, and says it to programs with --json", async () => {
	const evidence = join(folder, "evidence");
	const { code, out } = await sim("run", takeOne, "--json", "--evidence", evidence, "--seed", "9");
	expect(code).toBe(0);
	expect(JSON.parse(out.at(-1) ?? "")).toMatchObject({
		file: takeOne,
		ok: true,
		seed: 9,
		engine: "node",
		capturedCents: 200,
	});
	expect(readdirSync(evidence)).toEqual(
		expect.arrayContaining(["trace.vcd", "events.ndjson", "receipt.json", "run.json"]),
	);
	expect(JSON.parse(readFileSync(join(evidence, "run.json"), "utf8"))).toMatchObject({
		again: `npx visionvend-sim run ${takeOne} --seed 9`,
	});
});

test("a failed step ends with 1 and its report; the others are played all the same", async () => {
	const bad = file("bad.json", { name: "bad", steps: [{ expect: { lock: "open" } }] });
	const { code, out } = await sim("run", bad, takeOne);
	expect(code).toBe(1);
	expect(out[0]).toMatch(/^FAILED {2}bad /);
	expect(out.join("\n")).toContain('expected  lock "open"');
	expect(out.at(-1)).toBe("1 of 2 scenarios failed.");
});

test("a mistake in a file stops all of them before the first one runs", async () => {
	const wrong = file("wrong.json", { name: "wrong", steps: [{ tkae: "cola" }] });
	const { code, out, err } = await sim("run", takeOne, wrong);
	expect({ code, out }).toEqual({ code: 2, out: [] });
	expect(err.join()).toContain(`${wrong}:1:27: steps[0].tkae: There is no step "tkae"; did you mean "take"?`);
	expect((await sim("lint", wrong)).code).toBe(2);
	expect((await sim("lint", takeOne)).code).toBe(0);
});

test("pictures are written once and compared from then on", async () => {
	const picture = file("picture.json", {
		name: "idle",
		steps: [{ pass: "1s" }, { expect: { oled: { matches: "idle.png" } } }],
	});
	expect((await sim("run", picture)).out.join()).toContain("--update-pictures");
	expect((await sim("run", picture, "--update-pictures")).code).toBe(0);
	expect((await sim("run", picture)).code).toBe(0);
	const foreign = file("foreign.json", {
		name: "foreign",
		steps: [{ expect: { oled: { matches: "foreign.json" } } }],
	});
	expect((await sim("run", foreign)).out.join()).toMatch(/foreign\.json cannot be compared: .* --update-pictures/);
	const other = file("other.json", {
		name: "other",
		steps: [{ unlock: true }, { pass: "1s" }, { expect: { oled: { matches: "idle.png" } } }],
	});
	const { code, out } = await sim("run", other);
	expect(code).toBe(1);
	expect(out.join()).toMatch(/\d+ of 8192 pixels differ; it reads \["Door","Unlocked"\]/);
});

test("list tells scenarios and faults", async () => {
	expect((await sim("list")).out.join("\n")).toContain("takes one cola");
	const { out } = await sim("list", "--faults", "--json");
	expect(out.map((line) => JSON.parse(line))).toContainEqual(
		expect.objectContaining({ name: "brown-out-at-the-coil", layer: "power" }),
	);
});

test("sweep prints its table and ends with 1 only when a promise is broken", async () => {
	const short = file("short.json", { name: "nobody opens", steps: [{ unlock: true }] });
	const { code, out } = await sim("sweep", short, "--faults", "link-partition,lock_coil-stuck-high");
	expect(code).toBe(0);
	expect(out.join("\n")).toMatch(/^link-partition +·$/m);
	const { out: lines } = await sim("sweep", short, "--faults", "brown-out", "--json");
	expect(JSON.parse(lines.at(-1) ?? "")).toEqual({ runs: 1, kept: 1, excused: 0, broken: 0, notHere: 0 });
});

test("a recorded part replays, and a log that was tampered with is told by its line", async () => {
	const log = join(folder, "log.ndjson");
	expect((await sim("record", "ssd1306", "--out", log)).code).toBe(0);
	expect((await sim("replay", log, "ssd1306")).code).toBe(0);
	writeFileSync(log, readFileSync(log, "utf8").replace("00ae", "00af"));
	const { code, out } = await sim("replay", log, "ssd1306");
	expect(code).toBe(1);
	expect(out[0]).toMatch(/^I2C 0x3c at .* expected write 00 af .*\(line 2 of the log\), saw write 00 ae/);
	expect((await sim("replay", log, "nau7802")).code).not.toBe(0);
});

test("a computer without pins ends record --host linux with 3", async () => {
	const { code, err } = await sim("record", "hx711", "--host", "linux");
	expect(code).toBe(3);
	expect(err.join()).toMatch(/gpiochip/);
});

test("what is typed beyond what a command works on is refused", async () => {
	for (const argv of [
		["schema", "x"],
		["xs", "x"],
		["list", "--faults", "x"],
		["record", "hx711", "x"],
		["replay", "x", "hx711", "x"],
		["serve", "x"],
		["stripe", "x"],
		["razorpay", "x"],
	]) {
		const { code, out, err } = await sim(...argv);
		expect({ code, out }, argv.join(" ")).toEqual({ code: 2, out: [] });
		expect(err.join()).toMatch(/^"x" is one too many\./);
	}
	expect((await sim("run", "-h")).code).toBe(0);
	expect((await sim("--version")).out.join()).toMatch(/^\d+\.\d+\.\d+/);
});

test("a place where nothing can be written is told before anything runs", async () => {
	const nowhere = join(takeOne, "here");
	for (const argv of [
		["run", takeOne, "--evidence", nowhere],
		["record", "hx711", "--out", nowhere],
		["conformance", "--write", nowhere],
	]) {
		const { code, out, err } = await sim(...argv);
		expect({ code, out }, argv.join(" ")).toEqual({ code: 2, out: [] });
		expect(err.join()).toContain(nowhere);
	}
	expect((await sim("conformance", "hx711", "--write", takeOne)).err.join()).toContain("all drivers");
});

test("a scenario whose code throws is a failed one, and the others are played all the same", async () => {
	const throws = join(folder, "throws.mjs");
	writeFileSync(throws, 'export default { name: "throws", options: {}, play: async () => { null.open(); } };');
	const { code, out } = await sim("run", throws, takeOne);
	expect(code).toBe(1);
	expect(out[0]).toBe(`FAILED  throws (${throws})`);
	expect(out.join("\n")).toContain("throws.mjs:1:");
	expect(out.at(-1)).toBe("1 of 2 scenarios failed.");
	const { out: json } = await sim("run", throws, "--json");
	expect(JSON.parse(json.join("\n"))).toMatchObject({ file: throws, ok: false, name: "throws" });
});

test("scenarios of one name in two folders keep evidence of their own", async () => {
	const evidence = join(folder, "of-two");
	const paths = ["a", "b"].map((name) => {
		mkdirSync(join(folder, "two", name), { recursive: true });
		return file(join("two", name, "same.json"), { name, steps: [{ say: name }] });
	});
	expect((await sim("run", ...paths, "--evidence", evidence)).code).toBe(0);
	expect(readdirSync(evidence).sort()).toEqual(["a", "b"]);
	expect(readdirSync(join(evidence, "a", "same"))).toContain("run.json");
});

test("who interrupts a long scenario does not wait for its end", async () => {
	const long = file("long.json", { name: "long", steps: [{ pass: "10min" }] });
	const controller = new AbortController();
	const running = runCommandLine(["run", long], {
		out: () => undefined,
		err: () => undefined,
		interruption: controller.signal,
	});
	controller.abort(130);
	expect(await running).toBe(130);
});

test("an interrupted sweep tells what it has found, and ends with the code of the signal", async () => {
	const short = file("short-too.json", { name: "nobody opens", steps: [{ unlock: true }] });
	const controller = new AbortController();
	const out: string[] = [];
	const code = await runCommandLine(["sweep", short, "--json", "--faults", "power"], {
		out: (line) => {
			out.push(line);
			controller.abort(130);
		},
		err: () => undefined,
		interruption: controller.signal,
	});
	expect(code).toBe(130);
	expect(JSON.parse(out.at(-1) ?? "")).toMatchObject({ runs: 1 });
});

test("a layer that is mistyped is a layer that was meant", async () => {
	expect((await sim("sweep", takeOne, "--faults", "netwrok")).err).toEqual([
		'There is no fault and no layer "netwrok"; did you mean "network"?',
	]);
});

test("a driver that gives up is one JSON object, and a log without transactions is none", async () => {
	const log = join(folder, "of-a-display.ndjson");
	expect((await sim("record", "ssd1306", "--out", log)).code).toBe(0);
	const { code, out } = await sim("replay", log, "nau7802", "--json");
	expect(code).toBe(1);
	expect(JSON.parse(out.join("\n"))).toMatchObject({ finished: false, gaveUp: expect.stringContaining("0x2A") });
	const empty = join(folder, "empty.ndjson");
	writeFileSync(empty, "");
	expect((await sim("replay", empty, "hx711")).code).toBe(2);
	expect((await sim("record", "hx711", "--every", "0s")).code).toBe(2);
});
