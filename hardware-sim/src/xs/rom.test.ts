import { expect, test } from "vitest";
import { makeDevice, writeModule, xs } from "../../test/simulated-device.ts";

// The outcomes were observed with the Moddable SDK 8.2.3; docs/guides/xs-engine.md says more.
const behaviours: readonly [name: string, code: string, preloaded: "works" | "throws", stored: "works" | "throws"][] = [
	["module-level let ++", "count++; if (count !== 1) throw new Error('lost');", "works", "works"],
	[
		"property of a plain object",
		"object.value = 2; if (object.value !== 2) throw new Error('lost');",
		"works",
		"works",
	],
	[
		"push to a static array",
		"Statics.list.push(1); if (Statics.list.length !== 1) throw new Error('lost');",
		"works",
		"works",
	],
	[
		"private field of an instance",
		"instance.setHidden(3); if (instance.hidden !== 3) throw new Error('lost');",
		"works",
		"works",
	],
	[
		"public field of an instance",
		"instance.open = 4; if (instance.open !== 4) throw new Error('lost');",
		"works",
		"works",
	],
	["new instance later", "if (new Instance().hidden !== 0) throw new Error('lost');", "works", "works"],
	["Map.set", "map.set('a', 1);", "throws", "works"],
	["WeakSet.add", "weakSet.add({});", "throws", "works"],
	["typed array write", "bytes[0] = 1; if (bytes[0] !== 1) throw new Error('lost');", "throws", "works"],
	["static assignment", "Statics.value = 2;", "throws", "works"],
	["property of a function", "plain.extra = 1;", "throws", "works"],
	["patch of Array.prototype", "Array.prototype.extra = 1;", "throws", "throws"],
	["this.name = in an Error", "new OwnError();", "throws", "throws"],
];

const subject = `
let count = 0;
const object = { value: 1 };
class Statics { static list = []; static value = 1; }
class Instance { #hidden = 0; open = 0; setHidden(value) { this.#hidden = value; } get hidden() { return this.#hidden; } }
const instance = new Instance();
const map = new Map();
const weakSet = new WeakSet();
const bytes = new Uint8Array(4);
function plain() {}
class OwnError extends Error { constructor() { super("x"); this.name = "OwnError"; } }
export const attempts = Object.freeze([
${behaviours.map(([, code]) => `() => { ${code} }`).join(",\n")}
]);
`;

const program = `
import { attempts } from "test/subject";
export function start(host) {
	for (const attempt of attempts) {
		let outcome = "works";
		try { attempt(); } catch (error) { outcome = "throws"; }
		host.log(outcome, {});
	}
}`;

async function outcomes(preload: boolean): Promise<string[]> {
	const modules = [{ specifier: "test/subject", file: writeModule(subject), preload }];
	const device = await makeDevice("xs", program, { preload, modules });
	device.engine.start();
	device.engine.stop();
	return device.logged.map(([outcome]) => outcome);
}

test.skipIf(!xs.ok)("a preloaded module keeps the outcomes of the real device's ROM", async () => {
	expect(await outcomes(true)).toEqual(behaviours.map(([, , preloaded]) => preloaded));
});

test.skipIf(!xs.ok)("a module that runs on the device can change what it made, but no built-in", async () => {
	expect(await outcomes(false)).toEqual(behaviours.map(([, , , stored]) => stored));
});

async function run(source: string) {
	const device = await makeDevice("xs", source);
	device.engine.start();
	device.clock.run(100_000_000);
	device.engine.stop();
	return device;
}

test.skipIf(!xs.ok)("strings, names and numbers from ROM outlive collections of the device's garbage", async () => {
	const device = await run(`
		const computed = "a" + String(1.5);
		const list = ["x".repeat(5)];
		const big = BigInt("12345678901234567890");
		function named() {}
		export function start(host) {
			host.timer.repeat(() => {
				const kept = [];
				for (let i = 0; i < 2000; i++) kept[i % 9] = { text: "t".repeat(i % 50), call: () => i, from: named.name + computed };
				host.log([kept[3].from, list[0], big + 1n, (() => 1).name, named.name].join(), {});
			}, 10);
		}`);
	expect(device.resets).toEqual([]);
	expect(device.statistics().collections).toBeGreaterThan(100);
	expect(new Set(device.logged.map(([event]) => event))).toEqual(
		new Set(["nameda1.5,xxxxx,12345678901234567891,,named"]),
	);
});

test.skipIf(!xs.ok)("XS refuses to stringify an object that lies in ROM", async () => {
	const device = await run(
		"const table = { a: 1 }; export function start(host) { host.log(JSON.stringify(table), {}); }",
	);
	expect(device.resets).toEqual(["exception"]);
	expect(device.logged).toEqual([["fault", { reason: "exception", message: expect.stringContaining("read only") }]]);
});

test.skipIf(!xs.ok)(
	"a write of XS itself to ROM ends the device: a regular expression of a preloaded module",
	async () => {
		const device = await run("const pattern = /a(b)/; export function start(host) { pattern.exec('ab'); }");
		expect(device.resets).toEqual(["crash"]);
		expect(device.logged).toEqual([["fault", { reason: "crash", message: expect.stringContaining("ROM") }]]);
	},
);
