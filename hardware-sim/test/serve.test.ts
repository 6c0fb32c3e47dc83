import { afterEach, beforeEach, expect, test } from "vitest";
import { SimulationClock } from "../src/clock.ts";
import { virtualClock } from "../src/network/virtual-clock.ts";
import { createApp } from "../src/serve/app.ts";
import { LiveStage, tickMs } from "../src/serve/live-stage.ts";
import { NotPossible } from "../src/serve/not-possible.ts";
import type { Command, PageUpdate } from "../src/serve/page-state.ts";

let wall: SimulationClock;
let live: LiveStage;

beforeEach(async () => {
	wall = new SimulationClock();
	live = await LiveStage.open({ seed: 1, kind: "fridge", xsHost: undefined, clock: virtualClock(wall, 0) });
});
afterEach(() => live.close());

/** Time passes on the wall, tick after tick, with the page's own pace. */
async function pass(milliseconds: number): Promise<void> {
	for (let left = milliseconds; left > 0; left -= tickMs) {
		wall.run(tickMs * 1e6);
		await live.settled();
	}
}

async function until(condition: () => boolean, withinMs = 15_000): Promise<void> {
	for (let waited = 0; !condition(); waited += tickMs) {
		if (waited > withinMs) throw new Error(`it did not happen within ${withinMs} ms`);
		await pass(tickMs);
	}
}

async function enter(): Promise<void> {
	await live.perform({ do: "tap" });
	await until(() => live.state.lock.released);
	await live.perform({ do: "open" });
	await until(() => live.state.door.degrees >= 90);
}

async function leave(): Promise<void> {
	await live.perform({ do: "close" });
	await until(() => ["captured", "cancelled", "review"].includes(live.state.sale?.state ?? ""), 60_000);
	await pass(1_000);
}

const cash = () =>
	live.state.ledger
		.filter(({ account }) => account === "cash_in_transit")
		.reduce((sum, { amountCents }) => sum + amountCents, 0);

test("what is taken is captured, and what is put back is not", async () => {
	live.watch();
	await enter();
	await live.perform({ do: "take", thing: "cola-1" });
	await pass(1_000);
	await live.perform({ do: "take", thing: "yogurt-2" });
	await pass(1_000);
	await live.perform({ do: "put", thing: "cola-1", shelf: 0 });
	await pass(1_000);
	expect(live.state.basket.map(({ id }) => id)).toEqual(["stone", "yogurt-2"]);
	expect(live.state.basketCents).toBe(180);
	await leave();
	expect(live.state.sale).toMatchObject({ state: "captured", capturedCents: 180 });
	expect(cash()).toBe(180);
	expect(live.state.display.text.join(" ")).toContain("$1.80");
});

test.each([
	[355, "cancelled", "as heavy as the can is taken for it"],
	[255, "review", "100 g lighter brings the sale before a person"],
])("a stone of %i g ends %s: %s", async (grams, state) => {
	live.watch();
	await live.perform({ do: "stone", grams });
	await enter();
	await live.perform({ do: "take", thing: "cola-1" });
	await pass(1_000);
	await live.perform({ do: "put", thing: "stone", shelf: 0 });
	await pass(1_000);
	await leave();
	expect(live.state.sale).toMatchObject({ state, capturedCents: 0 });
});

test("the next shopper begins with an empty basket", async () => {
	live.watch();
	await enter();
	await live.perform({ do: "take", thing: "cola-1" });
	await leave();
	expect(live.state.basketCents).toBe(200);
	await live.perform({ do: "tap" });
	expect(live.state.basketCents).toBe(0);
	await expect(live.perform({ do: "put", thing: "cola-1", shelf: 0 })).rejects.toThrow(NotPossible);
});

test("the bolt holds the door, and a shut door keeps hands out", async () => {
	await expect(live.perform({ do: "open" })).rejects.toThrow("The bolt holds the door shut");
	await expect(live.perform({ do: "take", thing: "cola-1" })).rejects.toThrow("The door is shut");
	await expect(live.perform({ do: "fault", name: "no-such-fault" })).rejects.toThrow(NotPossible);
});

test("a card that declines opens nothing, and the phone says why", async () => {
	live.watch();
	await live.perform({ do: "card", card: "pm_card_chargeCustomerFail" });
	await live.perform({ do: "tap" });
	await pass(3_000);
	expect(live.state.phone).toMatchObject({ card: "pm_card_chargeCustomerFail", problem: "Your card was declined." });
	expect(live.state.controller.lockOpenings).toBe(0);
});

test("scales show the truth at once, and what the controller has read when it has read it", async () => {
	live.watch();
	await enter();
	const before = live.state.scales[0]?.trueMilligrams ?? 0;
	await live.perform({ do: "take", thing: "cola-1" });
	const after = live.state.scales[0];
	expect(before - (after?.trueMilligrams ?? 0)).toBeGreaterThan(340_000);
	expect(Math.abs((after?.readMilligrams ?? 0) - before)).toBeLessThan(4_000);
	await leave();
	const read = live.state.scales[0]?.readMilligrams ?? 0;
	expect(Math.abs(read - (after?.trueMilligrams ?? 0))).toBeLessThan(4_000);
});

test("time stands still while nobody watches, and while it is paused", async () => {
	const start = live.state.time.atMs;
	await pass(500);
	expect(live.state.time.atMs).toBe(start);
	const unwatch = live.watch();
	await pass(500);
	expect(live.state.time.atMs).toBe(start + 500);
	await live.perform({ do: "speed", speed: 10 });
	await pass(500);
	expect(live.state.time.atMs).toBe(start + 5_500);
	await live.perform({ do: "speed", speed: 0 });
	await pass(500);
	unwatch();
	expect(live.state.time.atMs).toBe(start + 5_500);
});

test("a fault is there until it is mended", async () => {
	live.watch();
	await live.perform({ do: "fault", name: "power-cut" });
	await pass(500);
	expect(live.state).toMatchObject({
		faults: ["power-cut"],
		controller: { running: false },
		display: { on: false },
		light: { green: 0 },
	});
	await live.perform({ do: "fault", name: "power-cut" });
	await pass(3_000);
	expect(live.state).toMatchObject({ faults: [], controller: { running: true }, display: { on: true } });
});

test("the phone and the page live on while the cloud is dead", async () => {
	live.watch();
	await live.perform({ do: "fault", name: "cloud-killed" });
	await live.perform({ do: "tap" });
	await pass(2_000);
	expect(live.state.phone.problem).toBe("No connection to the shop. Try again.");
	await live.perform({ do: "fault", name: "cloud-killed" });
	await pass(2_000);
	await enter();
	await leave();
	expect(live.state.sale?.state).toBe("cancelled");
});

test("every catalogued fault can be switched on and off again, or says why not", async () => {
	live.watch();
	for (const { name, momentary } of live.state.machine.faults) {
		await live.perform({ do: "fault", name });
		expect(live.state.faults).toEqual(momentary ? [] : [name]);
		await pass(100);
		if (!momentary) await live.perform({ do: "fault", name });
	}
	expect(live.state).toMatchObject({ faults: [], stopped: null });
});

test("another seed is another fridge, and everything begins anew", async () => {
	live.watch();
	const masses = live.state.scales.map(({ trueMilligrams }) => trueMilligrams);
	await live.perform({ do: "fault", name: "pi-killed" });
	await live.perform({ do: "reset", seed: 7 });
	expect(live.generation).toBe(1);
	expect(live.state).toMatchObject({ machine: { seed: 7 }, faults: [], sale: null, ledger: [] });
	expect(live.state.scales.map(({ trueMilligrams }) => trueMilligrams)).not.toEqual(masses);
	await pass(500);
	expect(live.state.time.atMs).toBeGreaterThan(2_000);
});

test("wires, story and messages are told once each, in order", async () => {
	live.watch();
	await enter();
	await leave();
	const lines = live.linesAfter(0);
	expect(lines.map(({ number }) => number)).toEqual(lines.map((_, index) => (lines[0]?.number ?? 0) + index));
	const told = lines.map((line) => (line.log === "wires" ? `${line.name} ${line.what}` : JSON.stringify(line)));
	expect(told).toContain("lock_coil rises");
	expect(told).toContain("lock_coil falls");
	expect(lines.some((line) => line.log === "wires" && /pulses read -?\d+ counts/.test(line.what))).toBe(true);
	expect(lines.some((line) => line.log === "messages" && line.body.includes('"counter":1'))).toBe(true);
	expect(lines.some((line) => line.log === "story" && line.text === "coil on: the bolt goes back")).toBe(true);
});

test("a vending machine drops what was chosen, and its tray is emptied once", async () => {
	live.watch();
	await live.perform({ do: "reset", seed: 1, kind: "vending" });
	await expect(live.perform({ do: "collect" })).rejects.toThrow("The tray is empty.");
	await live.perform({ do: "tap", slots: [1, 3] });
	await until(() => live.state.sale?.state === "captured", 60_000);
	expect(live.state.tray.map(({ sku }) => sku)).toEqual(["cola", "chocolate"]);
	expect(live.state.slots.map(({ units }) => units)).toEqual([6, 5, 6, 5, 6, 6]);
	await live.perform({ do: "collect" });
	expect(live.state.tray).toEqual([]);
	expect(live.state.basketCents).toBe(340);
	expect(cash()).toBe(340);
});

test("a coffee machine fills a cup, and the cup is taken once", async () => {
	live.watch();
	await live.perform({ do: "reset", seed: 1, kind: "coffee" });
	await live.perform({ do: "tap", slots: [0] });
	await live.perform({ do: "speed", speed: 10 });
	await until(() => live.state.sale?.state === "captured", 60_000);
	expect(live.state.coffee?.cup.millilitres).toBe(40);
	await live.perform({ do: "collect" });
	expect(live.state.basket).toMatchObject([{ sku: "espresso" }]);
	expect(live.state.basketCents).toBe(180);
	expect(cash()).toBe(180);
	await expect(live.perform({ do: "collect" })).rejects.toThrow("The cup is empty.");
});

const page = { files: new Map(), contentSecurityPolicy: "default-src 'none'" };
const post = (command: unknown, headers: Record<string, string> = {}) =>
	createApp(live, page).request("http://127.0.0.1:8765/commands", {
		method: "POST",
		headers: { host: "127.0.0.1:8765", "content-type": "application/json", ...headers },
		body: typeof command === "string" ? command : JSON.stringify(command),
	});

test.each<[unknown, RegExp]>([
	[{ do: "fly" }, /do/],
	[{ do: "take" }, /thing/],
	[{ do: "put", thing: "cola-1", shelf: -1 }, /shelf/],
	[{ do: "speed", speed: 3 }, /speed/],
	[{ do: "open", gently: true }, /gently/],
	["no json", /./],
])("the command %j is refused with what is wrong", async (command, what) => {
	const answer = await post(command);
	expect(answer.status).toBe(400);
	expect(answer.headers.get("content-type")).toBe("application/problem+json");
	expect(await answer.json()).toMatchObject({ status: 400, detail: expect.stringMatching(what) });
});

test("what the world does not allow is an answer, not an error of HTTP's", async () => {
	const command: Command = { do: "open" };
	const answer = await post(command);
	expect(answer.status).toBe(200);
	expect(await answer.json()).toEqual({
		done: false,
		why: "The bolt holds the door shut. Unlock it with the phone.",
	});
	expect(answer.headers.get("content-security-policy")).toBe("default-src 'none'");
});

test("other sites, other names and forms are refused", async () => {
	expect((await post({ do: "open" }, { origin: "http://evil.example" })).status).toBe(403);
	expect((await post({ do: "open" }, { host: "evil.example:8765" })).status).toBe(403);
	expect((await post({ do: "open" }, { "content-type": "text/plain" })).status).toBe(415);
	expect((await post(" ".repeat(5_000))).status).toBe(413);
	expect(
		(await createApp(live, page).request("http://127.0.0.1/etc/passwd", { headers: { host: "127.0.0.1" } })).status,
	).toBe(404);
});

test("a page that connects is told everything, then what changes, at most twenty times a second", async () => {
	await live.perform({ do: "speed", speed: 1 });
	const answer = await createApp(live, page).request("http://127.0.0.1/events", { headers: { host: "127.0.0.1" } });
	const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
	const next = async (): Promise<PageUpdate> => {
		const { value = "" } = (await reader?.read()) ?? {};
		return JSON.parse(value.replace(/^data: /, ""));
	};
	const first = await next();
	expect(first.fresh).toBe(true);
	expect(Object.keys(first.state).sort()).toEqual(Object.keys(live.state).sort());
	expect(first.lines.length).toBeGreaterThan(3);
	await live.perform({ do: "speed", speed: 10 });
	const second = await next();
	expect(second).toEqual({ fresh: false, state: { time: live.state.time }, lines: [] });
	await reader?.cancel();
});
