import { type Fault, fault, type Heal, wireOf } from "./fault.ts";

/** The mains fail: controller, display and scales are without power. */
export function powerCut(): Fault {
	return fault("power", "power-cut", "the controller and its parts lose their power", ({ machine }): Heal => {
		const restore = machine.failSupply();
		return () => restore("power-on");
	});
}

/** The supply dips for some milliseconds. */
export function brownOut(milliseconds = 30): Fault {
	return fault("power", "brown-out", `the supply dips for ${milliseconds} ms`, ({ machine }): Heal => {
		const restore = machine.failSupply();
		machine.board.clock.callbackAfter(milliseconds * 1e6, () => restore("brown-out"));
		return () => restore("brown-out");
	});
}

/** The supply is weak: it dips when the coil draws its current. */
export function brownOutAtCoil(milliseconds = 30): Fault {
	return fault("power", "brown-out-at-the-coil", "the supply dips whenever the lock's coil is switched on", (stage) => {
		const { machine } = stage;
		const { clock } = machine.board;
		const unwatch = wireOf(stage, "lock_coil").watch((level) => {
			if (level === 0) return;
			// A regulator holds for some milliseconds.
			clock.callbackAfter(5e6, () => {
				const restore = machine.failSupply();
				clock.callbackAfter(milliseconds * 1e6, () => restore("brown-out"));
			});
		});
		return unwatch;
	});
}
