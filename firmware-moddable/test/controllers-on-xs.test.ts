import { createNodeEngine } from "@visionvend/hardware-sim/engine/node-engine";
import { createXsEngine } from "@visionvend/hardware-sim/engine/xs-engine";
import { buildXsHost } from "@visionvend/hardware-sim/xs/build";
import type { ControllerConfiguration } from "@visionvend/sdk/device/messages";
import { expect, test } from "vitest";
import { Bench, coffee, configuration, equipped, keyRotation, overLTE, overWiFi, topicOf, vending } from "./bench.ts";

const xs = buildXsHost({ onProgress: (line) => console.log(line) });
if (!xs.ok) console.warn(`Tests on XS are skipped. ${xs.reason}`);

/** All parts that a machine of each kind can have, and each way to the cloud. */
const parts = { battery: equipped.battery, foodSafety: equipped.foodSafety };
const pins = { ...configuration.pins, bolt: 39, restockButton: 38 };
const machines: Readonly<Record<string, ControllerConfiguration>> = {
	fridge: equipped,
	"fridge over Wi-Fi": overWiFi(equipped),
	"vending over LTE": overLTE({ ...vending, ...parts, pins }),
	vending: { ...vending, ...parts, pins },
	coffee: { ...coffee, ...parts, pins },
};

/** A day of a machine, with all that a person far away can ask for, and what it said. */
function day(bench: Bench): unknown {
	bench.restartable = true;
	bench.powerUp();
	// A modem takes its time.
	bench.run(bench.configuration.uplink.via === "lte" ? 40 : 8);
	for (const counter of [1, 2]) {
		const saleId = `sale-${counter}`;
		if (bench.configuration.kind === "fridge") {
			bench.unlock(saleId, counter);
			bench.run(2.5);
			bench.hall.setMagnet(false);
			bench.run(3);
			bench.load(0, 2_000_000 - counter * 355_000);
			bench.hall.setMagnet(true);
			bench.run(5);
		} else {
			bench.dispense(saleId, counter, bench.configuration.kind === "vending" ? [0, 1] : [0]);
			bench.run(150);
		}
		const items = [
			{ name: "Sparkling water", quantity: 3 },
			{ name: "Chips", quantity: 1 },
		];
		const receipt = { saleId, outcome: "captured", items, totalCents: 1_350, currency: "usd", language: "es" };
		bench.command(topicOf.receipt, receipt);
		bench.run(12);
	}
	for (const action of ["identify", "diagnose", "tare", "clear-food-lock", "refill", "service-end"] as const) {
		bench.remote(`x-${action}`, action);
		bench.run(6);
	}
	bench.remote("calibrate", "calibrate", { shelf: 1, milligrams: 1_500_000 });
	bench.run(6);
	bench.remote("service", "service-start", { minutes: 10 });
	bench.run(1);
	bench.hall.setMagnet(false);
	bench.run(3);
	bench.hall.setMagnet(true);
	bench.run(1);
	bench.button.press();
	bench.run(4);
	bench.button.release();
	bench.run(15);
	const { scales, languages, lock, pins: settingsPins } = bench.configuration;
	bench.command(topicOf.configurationUpdate, {
		commandId: "c1",
		version: 1,
		settings: { scales, languages, lock, pins: settingsPins, keyRotation: keyRotation() },
	});
	bench.run(bench.configuration.uplink.via === "lte" ? 30 : 7);
	bench.hello();
	bench.run(3);
	bench.remote("reboot", "reboot");
	bench.run(30);
	bench.thermometer.setCelsius(9);
	bench.battery.setVolts(10.5);
	bench.run(200);
	const statuses = bench.bodies(topicOf.commandStatus).map((body) => `${body.commandId} ${body.state} ${body.reason}`);
	const reports = bench.bodies(topicOf.saleReport);
	return { received: bench.received, logged: bench.logged, restarts: bench.restarts, statuses, reports };
}

test.skipIf(!xs.ok).each(Object.keys(machines))(
	"a day of a %s controller is the same on XS, within 80 % of the memory of an ESP32-S3",
	(name) => {
		if (!xs.ok) return;
		const machine = machines[name] ?? configuration;
		const peaks = { slots: 0, chunks: 0, stack: 0 };
		const budget = { slots: 0, chunks: 0, stack: 0 };
		const keep = (bench: Bench): void => {
			const figures = bench.engine?.statistics;
			if (figures === undefined) return;
			peaks.slots = Math.max(peaks.slots, figures.slotsPeak);
			peaks.chunks = Math.max(peaks.chunks, figures.chunksPeak);
			peaks.stack = Math.max(peaks.stack, figures.stackPeak);
			Object.assign(budget, { slots: figures.slotsBudget, chunks: figures.chunksBudget, stack: figures.stackBudget });
		};
		const onXs: Bench = new Bench(machine, (options) => {
			keep(onXs);
			return createXsEngine({ ...options, host: xs });
		});
		const onNode = new Bench(machine, createNodeEngine);
		const said = day(onXs);
		keep(onXs);
		onXs.powerCut();
		expect(said).toEqual(day(onNode));
		console.log(
			`${name}: slots ${peaks.slots} of ${budget.slots}, chunks ${peaks.chunks} of ${budget.chunks} bytes, stack ${peaks.stack} of ${budget.stack}.`,
		);
		expect(onXs.restarts).toHaveLength(2);
		expect(onXs.statuses("c1").at(-1)).toBe("done");
		expect(onXs.keyVersion).toBe(2);
		expect(onXs.statuses("reboot").at(-1)).toBe("done");
		expect(onXs.bodies(topicOf.saleReport)).toHaveLength(2);
		expect(peaks.slots).toBeLessThan(0.8 * budget.slots);
		expect(peaks.chunks).toBeLessThan(0.8 * budget.chunks);
		expect(peaks.stack).toBeLessThan(0.8 * budget.stack);
	},
);
