import { MemoryStage } from "../scenario/memory-stage.ts";
import { type Fault, FaultNotHere, fault, nothing } from "./fault.ts";

/** Accesses to pins in one reading of a load cell: 25 pulses are 50 edges, and 24 bits. */
const accessesAReading = 74;

/** The controller is interrupted in the middle of readings, for longer than a HX711 forgives (60 µs). */
export function stall(nanoseconds: number, count = 20): Fault {
	return fault(
		"host",
		"host-stall",
		`the controller is held up for ${nanoseconds / 1000} µs while it reads its scales`,
		({ machine }, random) => {
			const stalls = Array.from({ length: count }, (_, index) =>
				machine.board.stall(nanoseconds, 1 + Math.floor(random.next() * 12 * accessesAReading * (index + 1))),
			);
			// A machine at rest reads its scales seldom: what has not come would wait for the next shopper.
			return () => {
				for (const callOff of stalls) callOff();
			};
		},
		{ usualMs: 10_000 },
	);
}

/** The controller restarts, as from its watchdog. */
export function controllerRestart(): Fault {
	return fault(
		"host",
		"controller-restart",
		"the controller restarts",
		({ machine }) => {
			machine.powerCut();
			machine.powerUp("watchdog");
			return nothing;
		},
		{ usualMs: 0 },
	);
}

/** A process dies without warning, and starts again when the fault is over. */
export function killed(room: "cloud" | "pi" | "broker"): Fault {
	return fault("host", `${room}-killed`, `the ${room} dies, and comes back`, async (stage) => {
		await stage.kill(room);
		return () => stage.start(room);
	});
}

/** The clock of a room is wrong: by this much ahead, or behind where it is below zero. */
export function clockSkew(room: "cloud" | "pi", milliseconds: number): Fault {
	const where = milliseconds < 0 ? "behind" : "ahead";
	return fault(
		"host",
		`${room}-clock-${where}`,
		`the ${room}'s clock is ${Math.abs(milliseconds) / 1000} s ${where}`,
		(stage) => {
			if (!(stage instanceof MemoryStage)) throw new FaultNotHere("Clocks can be wrong on a stage in memory only.");
			stage.setClockSkew(room, milliseconds);
			return () => stage.setClockSkew(room, 0);
		},
	);
}
