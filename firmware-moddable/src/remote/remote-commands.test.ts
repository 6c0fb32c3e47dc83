import { expect, test } from "vitest";
import { Bench, coffee, configuration, equipped, topicOf, vending } from "../../test/bench.ts";

function readyBench(machine = configuration): Bench {
	const bench = new Bench(machine);
	bench.restartable = true;
	bench.powerUp();
	bench.run(4);
	return bench;
}

const detail = (bench: Bench, commandId: string) =>
	bench
		.bodies(topicOf.commandStatus)
		.filter((body) => body.commandId === commandId)
		.at(-1)?.detail;

test("a reboot is told as done by the start that follows it, and its copy moves nothing", () => {
	const bench = readyBench();
	const envelope = bench.remote("r1", "reboot");
	bench.run(8);
	expect(bench.restarts).toHaveLength(1);
	expect(bench.statuses("r1")).toEqual(["received", "running", "done"]);
	expect(detail(bench, "r1")).toBe("Reset reason: restart.");
	bench.deliver(topicOf.remoteCommand, envelope);
	bench.run(8);
	expect(bench.restarts).toHaveLength(1);
	expect(bench.statuses("r1")).toEqual(["received", "running", "done", "done"]);
	bench.powerCut();
	bench.powerUp();
	bench.run(5);
	expect(bench.statuses("r1")).toHaveLength(4);
});

test("a reboot waits until nobody is at the machine", () => {
	const bench = readyBench();
	bench.unlock("sale-1", 1);
	bench.run(2.5);
	bench.hall.setMagnet(false);
	bench.remote("r1", "reboot");
	bench.run(20);
	expect(bench.restarts).toEqual([]);
	bench.hall.setMagnet(true);
	bench.run(10);
	expect(bench.restarts).toHaveLength(1);
	expect(bench.bodies(topicOf.saleReport)).toMatchObject([{ saleId: "sale-1", flags: [] }]);
});

test("a command without a fresh nonce has expired, and one nonce is good for one command", () => {
	const bench = readyBench();
	const body = { commandId: "r1", action: "identify", shelf: 0, milligrams: 0, minutes: 0 };
	bench.command(topicOf.remoteCommand, body, { nonce: "AAAAAAAAAAAAAAAAAAAAAA" });
	const { nonce } = bench.hello();
	bench.command(topicOf.remoteCommand, { ...body, commandId: "r2" }, { nonce });
	bench.command(topicOf.remoteCommand, { ...body, commandId: "r3" }, { nonce });
	bench.run(1);
	expect(bench.statuses("r1")).toEqual(["expired stale-nonce"]);
	expect(bench.statuses("r2")).toEqual(["received", "done"]);
	expect(bench.statuses("r3")).toEqual(["expired stale-nonce"]);
});

test("a command that was given the nonce of an order does not spoil it", () => {
	const bench = readyBench();
	const { nonce } = bench.hello();
	expect(bench.hello().nonce).toBe(nonce);
	const command = { commandId: "r1", action: "identify", shelf: 0, milligrams: 0, minutes: 0 };
	bench.command(topicOf.remoteCommand, command, { nonce });
	const unlock = { saleId: "sale-1", counter: 1, windowMs: 10_000, language: "en" };
	bench.command(topicOf.unlock, unlock, { nonce });
	bench.command(topicOf.unlock, { ...unlock, saleId: "sale-2", counter: 2 }, { nonce });
	bench.run(3);
	expect(bench.statuses("r1")).toEqual(["received", "done"]);
	expect(bench.bodies(topicOf.command)).toMatchObject([
		{ saleId: "sale-2", result: "refused", reason: "stale-nonce" },
		{ saleId: "sale-1", result: "executed" },
	]);
});

test("identify blinks and beeps for ten seconds, and leaves the light as it is meant to be", () => {
	const bench = readyBench();
	bench.remote("r1", "identify");
	const colors = new Set<string>();
	for (let tick = 0; tick < 100; tick++) {
		bench.run(0.1);
		colors.add(JSON.stringify(bench.lights.colors[0]));
	}
	expect(colors.size).toBe(3);
	expect(bench.buzzer.beeps.length).toBeGreaterThan(8);
	const beeps = bench.buzzer.beeps.length;
	bench.run(5);
	expect(bench.buzzer.beeps).toHaveLength(beeps);
	expect(bench.lights.colors[0]).toEqual({ red: 0, green: 255, blue: 0 });
});

test("a service opens without a sale, once more with the button, and ends with a long press", () => {
	const bench = readyBench(equipped);
	bench.remote("s1", "service-start", { minutes: 30 });
	bench.run(1);
	expect(bench.statuses("s1")).toEqual(["received", "running"]);
	expect(bench.lock.released).toBe(true);
	bench.hall.setMagnet(false);
	bench.run(20);
	bench.load(0, 9_000_000);
	bench.hall.setMagnet(true);
	bench.run(5);
	expect(bench.lock.released).toBe(false);
	bench.button.press();
	bench.run(0.2);
	bench.button.release();
	bench.run(0.5);
	expect(bench.lock.released).toBe(true);
	bench.hall.setMagnet(false);
	bench.run(1);
	bench.hall.setMagnet(true);
	bench.unlock("sale-1", 1);
	bench.run(1);
	expect(bench.bodies(topicOf.command)).toMatchObject([{ result: "refused", reason: "service" }]);
	bench.button.press();
	bench.run(3.5);
	bench.button.release();
	bench.run(5);
	expect(bench.statuses("s1")).toEqual(["received", "running", "done"]);
	expect(bench.bodies(topicOf.saleReport)).toEqual([]);
	expect(bench.bodies(topicOf.door).map(({ state, saleId }) => `${state}${saleId}`)).toEqual([
		"opened",
		"closed",
		"opened",
		"closed",
	]);
	expect(bench.controller?.phase).toBe("locked");
});

test("a service can be ended from afar, is refused during a sale, and needs minutes", () => {
	const bench = readyBench();
	bench.remote("s1", "service-start", { minutes: 5 });
	bench.run(12);
	bench.remote("s2", "service-end");
	bench.run(5);
	expect(bench.statuses("s1").at(-1)).toBe("done");
	expect(bench.statuses("s2").at(-1)).toBe("done");
	bench.remote("s3", "service-end");
	bench.remote("s4", "service-start");
	bench.run(1);
	expect(bench.statuses("s3").at(-1)).toBe("failed no-service");
	bench.unlock("sale-1", 1);
	bench.run(2.5);
	bench.remote("s5", "service-start", { minutes: 5 });
	bench.run(1);
	expect(bench.statuses("s5").at(-1)).toBe("failed busy");
});

test("a service without minutes fails", () => {
	const bench = readyBench();
	bench.remote("s1", "service-start");
	bench.run(1);
	expect(bench.statuses("s1")).toEqual(["received", "failed bad-minutes"]);
});

test("a power cut ends a service, and the cloud is told so", () => {
	const bench = readyBench();
	bench.remote("s1", "service-start", { minutes: 5 });
	bench.run(3);
	bench.powerCut();
	bench.powerUp();
	bench.run(5);
	expect(bench.statuses("s1")).toEqual(["received", "running", "done"]);
	expect(bench.lock.released).toBe(false);
});

test("tare takes what lies there for nothing, now and after a restart, and nobody is accused of theft", () => {
	const bench = readyBench();
	bench.remote("t1", "tare", { shelf: 0 });
	bench.run(6);
	expect(bench.statuses("t1")).toEqual(["received", "running", "done"]);
	const [scale, other] = (bench.storedJson("configuration") as typeof configuration).scales;
	expect(Math.abs((scale?.zeroCounts ?? 0) - 200_000)).toBeLessThan(50);
	expect((scale?.loadCounts ?? 0) - (scale?.zeroCounts ?? 0)).toBe(100_000);
	expect(other).toEqual(configuration.scales[1]);
	bench.run(60);
	const masses = () => bench.health().massesMilligrams.map((mass) => Math.round(mass / 1_000) + 0);
	expect(masses()).toEqual([0, 1_500]);
	bench.powerCut();
	bench.powerUp();
	bench.run(65);
	expect(masses()).toEqual([0, 1_500]);
	expect(bench.bodies(topicOf.saleReport)).toEqual([]);
});

test("calibrate makes a known mass weigh what it weighs", () => {
	const bench = readyBench();
	// A cell that is 3 % off, with 2 kg on it.
	bench.cells[0]!.setInput(206_000);
	bench.run(1);
	bench.remote("t1", "calibrate", { shelf: 0, milligrams: 2_000_000 });
	bench.run(6);
	expect(bench.statuses("t1").at(-1)).toBe("done");
	bench.cells[0]!.setInput(103_000);
	bench.run(60);
	const [mass = 0] = bench.health().massesMilligrams;
	expect(Math.abs(mass - 1_000_000)).toBeLessThan(500);
});

type Preparation = (bench: Bench) => void;

const swing: Preparation = (bench) => {
	const swingTo = (on: boolean): void => {
		bench.load(0, on ? 1_700_000 : 1_600_000);
		bench.clock.after(70e6, () => swingTo(!on));
	};
	swingTo(true);
};
const wearFlash: Preparation = (bench) => {
	bench.clock.after(1e9, () => {
		bench.writesLeft = 0;
	});
};

test.each<[name: string, reason: string, prepare: Preparation, action: "tare" | "calibrate", shelf: number]>([
	["of a shelf that is not there", "unknown-shelf", () => undefined, "tare", 7],
	["of a cell that is dead", "scale-fault", (bench) => bench.cells[0]!.power(false), "tare", 0],
	["of a shelf that swings", "unstable", swing, "tare", 0],
	["with nothing on the shelf", "bad-calibration", (bench) => bench.load(0, 5_000), "calibrate", 0],
	["without a store", "storage", wearFlash, "tare", 0],
])("a calibration %s fails with %s", (_name, reason, prepare, action, shelf) => {
	const bench = readyBench();
	prepare(bench);
	bench.remote("t1", action, { shelf, milligrams: action === "calibrate" ? 1_000_000 : 0 });
	bench.run(12);
	expect(bench.statuses("t1").at(-1)).toBe(`failed ${reason}`);
	expect(bench.storedJson("configuration")).toEqual(configuration);
});

test("a sale that begins while a shelf is tared goes first", () => {
	const bench = readyBench();
	bench.remote("t1", "tare", { shelf: 0 });
	bench.run(0.3);
	bench.unlock("sale-1", 1);
	bench.run(3);
	expect(bench.lock.released).toBe(true);
	expect(bench.statuses("t1").at(-1)).toBe("failed busy");
});

test("a diagnosis of a sound machine finds nothing wrong, and names all parts", () => {
	const bench = readyBench(equipped);
	bench.remote("d1", "diagnose");
	bench.run(5);
	expect(bench.statuses("d1")).toEqual(["received", "running", "done"]);
	expect(detail(bench, "d1")).toMatch(
		/^nothing is wrong\. well: scale-0 \d{7} mg; scale-1 1\d{6} mg; thermometer 400 hundredths of a degree; battery 1\d{4} mV; memory 61000 bytes; storage writes; uplink$/,
	);
});

test("a diagnosis names what is wrong", () => {
	const bench = readyBench(equipped);
	bench.cells[1]!.power(false);
	bench.thermometer.setConnected(false);
	bench.battery.setVolts(10.5);
	bench.lock.setForced(true);
	bench.board.detachI2C({ data: 10, clock: 11 }, 0x3c);
	bench.run(90);
	bench.remote("d1", "diagnose");
	bench.run(5);
	expect(detail(bench, "d1")).toMatch(
		/^wrong: scale-1 silent; bolt; display; thermometer silent; battery 10\d{3} mV\. well: scale-0/,
	);
});

test("what a machine does not have cannot be served", () => {
	const bench = readyBench();
	bench.remote("r1", "refill");
	bench.run(6);
	bench.remote("r2", "clear-food-lock");
	bench.run(6);
	expect(bench.statuses("r1")).toEqual(["received", "failed not-here"]);
	expect(bench.statuses("r2")).toEqual(["received", "failed not-here"]);
	const other = readyBench(vending);
	other.remote("r3", "tare");
	other.run(2);
	expect(other.statuses("r3").at(-1)).toBe("failed not-here");
});

test("a refill fills the books of all bins", () => {
	const bench = readyBench(coffee);
	bench.dispense("sale-1", 1, [0]);
	bench.run(130);
	const beans = () => bench.health().bins?.[0]?.portions;
	expect(beans()).toBe(2);
	bench.remote("r1", "refill");
	bench.run(62);
	expect(bench.statuses("r1").at(-1)).toBe("done");
	expect(beans()).toBe(3);
});

test("a store that fails has a command fail rather than be done twice", () => {
	const bench = readyBench();
	const { nonce } = bench.hello();
	bench.writesLeft = 0;
	const body = { commandId: "r1", action: "reboot", shelf: 0, milligrams: 0, minutes: 0 };
	bench.command(topicOf.remoteCommand, body, { nonce });
	bench.run(10);
	expect(bench.restarts).toEqual([]);
	expect(bench.statuses("r1")).toEqual(["failed storage"]);
});

test("a command that was under way when the power went has failed", () => {
	const bench = readyBench();
	bench.remote("t1", "tare");
	bench.run(0.3);
	bench.powerCut();
	bench.powerUp();
	bench.run(6);
	expect(bench.statuses("t1").at(-1)).toBe("failed power-cut");
});
