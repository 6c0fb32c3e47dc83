import { makeFirmwareKey, signFirmware } from "@visionvend/hardware-sim/flash/sign-firmware";
import { oledTextArt } from "@visionvend/hardware-sim/trace/text-art";
import { expect, test } from "vitest";
import { Bench, configuration, equipped, topicOf, vending } from "../test/bench.ts";

function readyBench(machine = configuration): Bench {
	const bench = new Bench(machine);
	bench.restartable = true;
	bench.powerUp();
	bench.run(10);
	return bench;
}

const screen = (bench: Bench) => oledTextArt(bench.display.pixels, 128, 64);

test("food that was warm for a quarter of an hour is not sold, until a person has looked at it", () => {
	const bench = readyBench(equipped);
	const idle = screen(bench);
	bench.thermometer.setCelsius(8);
	bench.run(910);
	expect(bench.controller?.phase).toBe("health-lock");
	expect(bench.health()).toMatchObject({ phase: "health-lock" });
	const locked = screen(bench);
	expect(locked).not.toBe(idle);
	bench.unlock("sale-1", 1);
	bench.run(2);
	expect(bench.bodies(topicOf.command)).toMatchObject([{ result: "refused", reason: "health-lock" }]);
	bench.remote("f1", "clear-food-lock");
	bench.run(6);
	expect(bench.statuses("f1")).toEqual(["received", "failed still-warm"]);
	bench.powerCut();
	bench.powerUp();
	bench.thermometer.setCelsius(3);
	bench.run(20);
	expect(bench.controller?.phase).toBe("health-lock");
	bench.remote("f2", "clear-food-lock");
	bench.run(6);
	expect(bench.statuses("f2")).toEqual(["received", "done"]);
	expect(bench.controller?.phase).toBe("locked");
	expect(screen(bench)).toBe(idle);
});

test("a thermometer that says nothing for a minute locks, and its return unlocks", () => {
	const bench = readyBench(equipped);
	bench.thermometer.setConnected(false);
	bench.run(75);
	expect(bench.controller?.phase).toBe("health-lock");
	bench.thermometer.setConnected(true);
	bench.run(15);
	expect(bench.controller?.phase).toBe("locked");
});

test("the door of a vending machine is its servant's: opened in a service, forced otherwise", () => {
	const bench = readyBench(vending);
	bench.remote("s1", "service-start", { minutes: 10 });
	bench.run(1);
	expect(bench.lock.released).toBe(true);
	bench.hall.setMagnet(false);
	bench.run(1);
	expect(bench.lock.energised).toBe(false);
	bench.hall.setMagnet(true);
	bench.run(1);
	bench.dispense("sale-1", 1, [0]);
	bench.run(2);
	expect(bench.bodies(topicOf.command)).toMatchObject([{ result: "refused", reason: "service" }]);
	bench.button.press();
	bench.run(0.2);
	bench.button.release();
	bench.run(0.5);
	expect(bench.lock.pulses).toBe(2);
	bench.button.press();
	bench.run(4);
	bench.button.release();
	bench.run(2);
	expect(bench.statuses("s1")).toEqual(["received", "running", "done"]);
	bench.hall.setMagnet(false);
	bench.run(1);
	expect(bench.bodies(topicOf.door).map(({ state }) => state)).toEqual(["opened", "closed", "forced"]);
	bench.button.press();
	bench.run(0.2);
	bench.button.release();
	bench.run(1);
	expect(bench.lock.pulses).toBe(2);
	expect(bench.lock.longestOnMs).toBeLessThan(5_000);
});

test("firmware for a board that cannot exchange it is refused by name", () => {
	const bench = readyBench();
	const image = new Uint8Array(100);
	const release = { product: "visionvend-controller", hardware: "x", version: "9.0.0", floor: 0 };
	bench.command(topicOf.firmware, { commandId: "u1", ...signFirmware(release, image, makeFirmwareKey()) });
	bench.run(2);
	expect(bench.statuses("u1")).toEqual(["failed no-slots"]);
});
