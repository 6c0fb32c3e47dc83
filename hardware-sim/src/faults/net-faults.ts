import type { NetLevel } from "../net.ts";
import { type Fault, fault, wireOf } from "./fault.ts";

/** Load cells and door sensor are the wires that measure. */
function isSensor(wire: string): boolean {
	return /^(hx711|hall|drop|tof|ds18b20)/.test(wire);
}

const sensing = (...wires: readonly string[]) => ({ soundSensors: !wires.some(isSensor) });

/** The wire is held at a level, as by a short to ground or to the supply. */
export function stuck(wire: string, level: NetLevel): Fault {
	// A coil that has current whatever its pin says is a broken transistor.
	const beyondSoftware = wire === "lock_coil" && level === 1 ? ([3, 4] as const) : [];
	return fault(
		"net",
		`${wire}-stuck-${level === 1 ? "high" : "low"}`,
		`${wire} is held ${level === 1 ? "high" : "low"}`,
		(stage) => wireOf(stage, wire).distort(() => level),
		{ ...sensing(wire), beyondSoftware },
	);
}

/** The wire is broken: who listens hears only the resistors at their end. */
export function open(wire: string): Fault {
	return fault(
		"net",
		`${wire}-open`,
		`${wire} is broken`,
		(stage) => wireOf(stage, wire).distort((_driven, pulled) => pulled),
		sensing(wire),
	);
}

/** Two wires touch: both are low as soon as one of them is. */
export function short(wire: string, other: string): Fault {
	return fault(
		"net",
		`${wire}-short-${other}`,
		`${wire} touches ${other}`,
		(stage) => {
			const [a, b] = [wireOf(stage, wire), wireOf(stage, other)];
			const both = (): NetLevel => (a.driven === 1 && b.driven === 1 ? 1 : 0);
			const mend = [a.distort(both), b.distort(both)];
			mend.push(
				a.watch(() => b.refresh()),
				b.watch(() => a.refresh()),
			);
			return () => {
				for (const end of mend.reverse()) end();
			};
		},
		sensing(wire, other),
	);
}

/** Every edge is followed by others for some milliseconds, as from a worn contact. */
export function bounce(wire: string, milliseconds: number): Fault {
	return fault(
		"net",
		`${wire}-bounce`,
		`every edge of ${wire} bounces for ${milliseconds} ms`,
		(stage, random) => {
			const net = wireOf(stage, wire);
			const { clock } = stage.machine.board;
			let last = net.driven;
			let flips = false;
			let pending: (() => void)[] = [];
			const mend = net.distort((driven) => {
				if (driven !== last) {
					last = driven;
					for (const cancel of pending) cancel();
					const edges = 2 * (1 + Math.floor(random.next() * 4));
					const times = Array.from({ length: edges }, () => random.next() * milliseconds * 1e6).sort((a, b) => a - b);
					flips = false;
					pending = times.map((at, index) =>
						clock.after(at, () => {
							flips = index % 2 === 0;
							net.refresh();
						}),
					);
				}
				return flips ? ((1 - driven) as NetLevel) : driven;
			});
			return () => {
				for (const cancel of pending) cancel();
				mend();
			};
		},
		// The edges settle on the right level: sensors are as sound as contacts are.
		{ soundSensors: true },
	);
}

/** Now and then the wire has the other level for a moment, as when a motor starts beside it. */
export function glitch(wire: string, nanoseconds: number, everyMs = 150): Fault {
	return fault(
		"net",
		`${wire}-glitch`,
		`${wire} has the other level for ${nanoseconds} ns now and then`,
		(stage, random) => {
			const net = wireOf(stage, wire);
			const { clock } = stage.machine.board;
			let cancel: () => void = () => undefined;
			let mend: () => void = () => undefined;
			const next = () => {
				cancel = clock.after(2 * random.next() * everyMs * 1e6, () => {
					mend = net.distort((driven) => (driven === 1 ? 0 : 1));
					cancel = clock.after(nanoseconds, () => {
						mend();
						next();
					});
				});
			};
			next();
			return () => {
				cancel();
				mend();
			};
		},
		sensing(wire),
	);
}
