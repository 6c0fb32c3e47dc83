import type { Stage } from "../scenario/stage.ts";
import { type Fault, fault, type Heal, wireOf } from "./fault.ts";

function off({ machine }: Stage): void {
	machine.powerCut();
	machine.display.reset();
	for (const cell of machine.cells) cell.power(false);
}

function on({ machine }: Stage, reason: string): void {
	for (const cell of machine.cells) cell.power(true);
	machine.powerUp(reason);
}

/** The mains fail: controller, display and scales are without power. */
export function powerCut(): Fault {
	return fault("power", "power-cut", "the controller and its parts lose their power", (stage): Heal => {
		off(stage);
		return () => on(stage, "power-on");
	});
}

/** The supply dips for some milliseconds. */
export function brownOut(milliseconds = 30): Fault {
	return fault("power", "brown-out", `the supply dips for ${milliseconds} ms`, (stage): Heal => {
		off(stage);
		const cancel = stage.machine.board.clock.callbackAfter(milliseconds * 1e6, () => on(stage, "brown-out"));
		return () => {
			cancel();
			on(stage, "brown-out");
		};
	});
}

/** The supply is weak: it dips when the coil draws its current. */
export function brownOutAtCoil(milliseconds = 30): Fault {
	return fault("power", "brown-out-at-the-coil", "the supply dips whenever the lock's coil is switched on", (stage) => {
		const { clock } = stage.machine.board;
		const unwatch = wireOf(stage, "lock_coil").watch((level) => {
			if (level === 0) return;
			// A regulator holds for some milliseconds.
			clock.callbackAfter(5e6, () => {
				off(stage);
				clock.callbackAfter(milliseconds * 1e6, () => on(stage, "brown-out"));
			});
		});
		return unwatch;
	});
}
