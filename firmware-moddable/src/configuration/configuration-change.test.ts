import { expect, test } from "vitest";
import { Bench, coffee, configuration, overWiFi, topicOf, vending } from "../../test/bench.ts";

function readyBench(machine = configuration): Bench {
	const bench = new Bench(machine);
	bench.restartable = true;
	bench.powerUp();
	bench.run(4);
	return bench;
}

const languages = ["es", "en"];

function update(bench: Bench, commandId: string, version: number, settings: object): void {
	bench.command(topicOf.configurationUpdate, { commandId, version, settings });
	bench.run(1);
}

const running = (bench: Bench) => bench.storedJson("configuration");
const version = (bench: Bench) => bench.hello().configuration;

test.each([
	["a pi", configuration],
	["Wi-Fi", overWiFi(configuration)],
])(
	"a new configuration that comes by way of %s is tried, and stays when the cloud is heard with it",
	(_way, machine) => {
		const bench = readyBench(machine);
		update(bench, "c1", 1, { languages });
		expect(bench.statuses("c1")).toEqual(["received"]);
		expect(running(bench)).toMatchObject({ version: 0, languages: ["en", "es"] });
		bench.run(6);
		expect(bench.restarts).toHaveLength(1);
		expect(bench.statuses("c1")).toEqual(["received", "running"]);
		expect(running(bench)).toMatchObject({ version: 0 });
		expect(version(bench)).toBe(1);
		bench.run(2);
		expect(bench.statuses("c1")).toEqual(["received", "running", "done"]);
		expect(running(bench)).toEqual({ ...machine, version: 1, languages });
		bench.run(90);
		bench.powerCut();
		bench.powerUp();
		bench.run(5);
		expect(version(bench)).toBe(1);
		expect(bench.statuses("c1")).toEqual(["received", "running", "done"]);
	},
);

test("when the cloud is not heard for a minute, the old one comes back and the version is not tried again", () => {
	const bench = readyBench();
	update(bench, "c1", 5, { languages });
	bench.run(70);
	expect(bench.restarts).toHaveLength(2);
	expect(bench.statuses("c1")).toEqual(["received", "running", "failed rolled-back"]);
	expect(running(bench)).toEqual(configuration);
	expect(version(bench)).toBe(0);
	for (const version of [5, 4]) {
		update(bench, `again-${version}`, version, { languages });
		expect(bench.statuses(`again-${version}`)).toEqual(["failed version-used"]);
	}
	update(bench, "c1", 5, { languages });
	expect(bench.statuses("c1").at(-1)).toBe("failed rolled-back");
	update(bench, "c2", 6, { languages });
	bench.run(5);
	bench.hello();
	bench.run(2);
	expect(bench.statuses("c2").at(-1)).toBe("done");
});

test.each([
	["no hello", false],
	["a hello of an earlier start", true],
])("a request that answers %s may be a copy of years ago, and keeps no new configuration", (_name, isNamed) => {
	const bench = readyBench();
	const { nonce: old } = bench.hello();
	const nonce = isNamed ? { nonce: old } : {};
	update(bench, "c1", 1, { languages });
	for (let second = 0; second < 70; second++) {
		bench.command(topicOf.helloRequest, { request: "r1" }, nonce);
		bench.run(1);
	}
	expect(bench.statuses("c1")).toEqual(["received", "running", "failed rolled-back"]);
	expect(running(bench)).toEqual(configuration);
});

test("a configuration whose parts cannot be had rolls back at once", () => {
	const bench = readyBench();
	// GPIO 33 belongs to something else from the next start on.
	const reset = bench.board.reset.bind(bench.board);
	bench.board.reset = () => {
		reset();
		const { Digital } = bench.board.io;
		new Digital({ pin: 33, mode: Digital.Output, initialValue: 0 });
	};
	update(bench, "c1", 1, { pins: { ...configuration.pins, hall: 33 } });
	bench.run(10);
	expect(bench.events()).toContain("configuration.failed");
	expect(bench.restarts).toHaveLength(2);
	expect(bench.statuses("c1")).toEqual(["received", "failed rolled-back"]);
	expect(version(bench)).toBe(0);
});

test.each([
	[
		"with a GPIO that does two things",
		{ battery: { pin: 13, upperOhms: 1, lowerOhms: 1, lowMillivolts: 1 } },
		/GPIO 13/,
	],
	["of another kind", { kind: "vending", scales: [], vending: vending.vending }, /does not become another kind/],
	["for a network that it does not name", { uplink: { via: "wifi" } }, /no broker/],
	["with a calibration of one point", { scales: [{ ...configuration.scales[0], loadCounts: 0 }] }, /Shelf 0/],
])("a configuration %s is refused before it is kept", (_name, settings, detail) => {
	const bench = readyBench();
	update(bench, "c1", 1, settings);
	bench.run(5);
	const [status] = bench.bodies(topicOf.commandStatus);
	expect(status).toMatchObject({ state: "failed", reason: "bad-configuration" });
	expect(status?.detail).toMatch(detail);
	expect(bench.stored.has("configuration.trial")).toBe(false);
	expect(bench.restarts).toEqual([]);
});

test.each([
	["vending", vending],
	["coffee", coffee],
])("a %s machine becomes no fridge by message: its counters lie under another key", (kind, machine) => {
	const bench = readyBench(machine);
	update(bench, "c1", 1, { kind: "fridge", scales: configuration.scales });
	bench.run(5);
	const [status] = bench.bodies(topicOf.commandStatus);
	expect(status).toMatchObject({ state: "failed", reason: "bad-configuration" });
	expect(status?.detail).toContain(`A ${kind} machine does not become another kind`);
	expect(bench.stored.has("configuration.trial")).toBe(false);
	update(bench, "c2", 1, { kind, languages });
	expect(bench.statuses("c2")).toEqual(["received"]);
});

test("names and keys are no settings, whatever the message holds", () => {
	const bench = readyBench();
	update(bench, "c1", 1, { languages, machineId: "other", keys: {}, firmwareKey: "x" });
	bench.run(5);
	bench.hello();
	bench.run(2);
	expect(running(bench)).toEqual({ ...configuration, version: 1, languages });
});

test("while somebody is at the machine nothing restarts, and the sale comes to its end", () => {
	const bench = readyBench();
	bench.unlock("sale-1", 1);
	bench.run(2.5);
	bench.hall.setMagnet(false);
	update(bench, "c1", 1, { languages });
	bench.run(20);
	expect(bench.restarts).toEqual([]);
	bench.hall.setMagnet(true);
	bench.run(12);
	expect(bench.restarts).toHaveLength(1);
	expect(bench.bodies(topicOf.saleReport)).toHaveLength(1);
});

test("a later configuration takes the place of one that waits, and none is taken during a trial", () => {
	const bench = readyBench();
	bench.unlock("sale-1", 1);
	bench.run(2.5);
	bench.hall.setMagnet(false);
	update(bench, "c1", 1, { languages });
	update(bench, "c2", 2, { languages: ["en"] });
	expect(bench.statuses("c1")).toEqual(["received", "failed superseded"]);
	bench.hall.setMagnet(true);
	bench.run(9);
	expect(bench.restarts).toHaveLength(1);
	update(bench, "c3", 3, { languages });
	expect(bench.statuses("c3")).toEqual(["failed busy"]);
	bench.answer();
	bench.run(2);
	expect(running(bench)).toMatchObject({ version: 2, languages: ["en"] });
});

test("a message that is no configuration update is counted", () => {
	const bench = readyBench();
	update(bench, "c1", 0, {});
	expect(bench.controller?.rejected).toBe(1);
});

/** Power is cut after so many writes to flash from the update on; the machine then starts as often as it likes. */
function cutAfter(writes: number, isKept: boolean, reachable: boolean): Bench {
	const bench = readyBench();
	bench.command(topicOf.configurationUpdate, { commandId: "c1", version: 1, settings: { languages } });
	bench.run(0.01);
	bench.cutAtWrite = writes;
	bench.keepsCutWrite = isKept;
	for (let second = 0; second < 12; second++) {
		bench.run(1);
		if (reachable) bench.answer();
	}
	bench.cutAtWrite = Number.POSITIVE_INFINITY;
	bench.run(120);
	return bench;
}

test.each([true, false])(
	"a power cut at any write leaves one of two whole configurations, and the cloud hears which (reachable: %s)",
	(reachable) => {
		const ends = new Set<string>();
		for (let cut = 0; cut < 24; cut++) {
			const bench = cutAfter(cut >> 1, cut % 2 === 1, reachable);
			const now = version(bench);
			bench.run(3);
			const stored = running(bench);
			expect([configuration, { ...configuration, version: 1, languages }]).toContainEqual(stored);
			expect(stored).toMatchObject({ version: now });
			const last = bench.statuses("c1").at(-1);
			if (last !== undefined) expect(last).toBe(now === 1 ? "done" : "failed rolled-back");
			ends.add(last ?? "nothing was kept");
		}
		expect(ends.has("done")).toBe(reachable);
		expect(ends.has("failed rolled-back")).toBe(true);
	},
);
