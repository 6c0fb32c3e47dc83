import type { FirmwareSlots } from "@visionvend/sdk/device/io/firmware-slots";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import { expect, test } from "vitest";
import { Bench, configuration } from "../test/bench.ts";

/** Slots whose firmware is on trial until it is rejected; all else of them is of no use here. */
class TrialSlots implements FirmwareSlots {
	readonly running = "b";
	readonly slotBytes = 0;
	state: FirmwareSlots["state"] = "trial";
	rejected = 0;
	readonly #rejects: boolean;

	constructor(rejects: boolean) {
		this.#rejects = rejects;
	}
	reject(): void {
		this.rejected += 1;
		// As the bootloader does it: what runs after the restart is the firmware from before, with which all is well.
		this.state = "confirmed";
		if (!this.#rejects) throw new HardwareError("bus", "Flash is worn out.");
	}
	confirm(): void {
		this.state = "confirmed";
	}
	erase(): void {
		throw new Error("Nobody updates here.");
	}
	write(): void {
		throw new Error("Nobody updates here.");
	}
	activate(): void {
		throw new Error("Nobody updates here.");
	}
	digest(): Uint8Array {
		return new Uint8Array(32);
	}
	verify(): boolean {
		return false;
	}
}

function onTrial(machine: unknown, rejects = true): { bench: Bench; slots: TrialSlots } {
	const bench = new Bench();
	const slots = new TrialSlots(rejects);
	bench.slots = () => slots;
	bench.configure(machine);
	return { bench, slots };
}

test.each([true, false])(
	"firmware on trial that does not like the stored configuration gives way to the one before (flash works: %s)",
	(rejects) => {
		const { bench, slots } = onTrial({ ...configuration, kind: "fountain" }, rejects);
		bench.powerUp();
		expect(bench.controller).toBeUndefined();
		expect(slots.rejected).toBe(1);
		expect(bench.restarts).toHaveLength(1);
		expect(bench.events()).toEqual([
			"configuration.rejected",
			"firmware.rejected",
			...(rejects ? [] : ["firmware.flash"]),
		]);
	},
);

test("firmware on trial that cannot have its parts gives way to the one before", () => {
	const { bench, slots } = onTrial(configuration);
	const { Digital } = bench.board.io;
	const taken = new Digital({ pin: configuration.pins.lock, mode: Digital.Output, initialValue: 0 });
	bench.powerUp();
	expect(bench.controller).toBeUndefined();
	expect(slots.rejected).toBe(1);
	expect(bench.restarts).toHaveLength(1);
	taken.close();
});

test("confirmed firmware without a sound configuration stays, and waits to be provisioned", () => {
	const { bench, slots } = onTrial({});
	slots.confirm();
	bench.powerUp();
	bench.run(120);
	expect(slots.rejected).toBe(0);
	expect(bench.restarts).toEqual([]);
	expect(bench.events()).toEqual(["configuration.rejected"]);
});
