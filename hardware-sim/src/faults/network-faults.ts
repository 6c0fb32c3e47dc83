import type { NetworkConditions } from "../network/network-conditions.ts";
import { MemoryStage } from "../scenario/memory-stage.ts";
import { type Fault, FaultNotHere, fault, type Heal } from "./fault.ts";

/** The line between Pi and controller is cut. */
export function linkPartition(): Fault {
	return fault("network", "link-partition", "nothing passes between Pi and controller", ({ machine }): Heal => {
		machine.wire.cut = true;
		return () => {
			machine.wire.cut = false;
		};
	});
}

/** Pieces of messages between Pi and controller get lost, `permille` of them. */
export function linkLoss(permille: number): Fault {
	return fault("network", "link-loss", "pieces of messages between Pi and controller get lost", ({ machine }, random) =>
		machine.wire.disturb((_direction, bytes) => (random.next() * 1_000 < permille ? [] : [{ bytes, delayNs: 0 }])),
	);
}

/** Everything between Pi and controller comes late, in its order. */
export function linkDelay(milliseconds: number): Fault {
	return fault(
		"network",
		"link-delay",
		`what passes between Pi and controller comes ${milliseconds} ms late`,
		({ machine }) => machine.wire.disturb((_direction, bytes) => [{ bytes, delayNs: milliseconds * 1e6 }]),
	);
}

/** Pieces of messages between Pi and controller come twice, `permille` of them. */
export function linkDuplicate(permille: number): Fault {
	return fault(
		"network",
		"link-duplicate",
		"pieces of messages between Pi and controller come twice",
		({ machine }, random) =>
			machine.wire.disturb((_direction, bytes) =>
				random.next() * 1_000 < permille
					? [
							{ bytes, delayNs: 0 },
							{ bytes, delayNs: 3e6 },
						]
					: [{ bytes, delayNs: 0 }],
			),
	);
}

/** Pieces of messages between Pi and controller overtake each other. */
export function linkReorder(milliseconds: number): Fault {
	return fault(
		"network",
		"link-reorder",
		"pieces of messages between Pi and controller overtake each other",
		({ machine }, random) =>
			machine.wire.disturb((_direction, bytes) => [{ bytes, delayNs: Math.round(random.next() * milliseconds * 1e6) }]),
	);
}

/** The payment network's webhooks come late, and twice. */
export function webhooksLateAndTwice(milliseconds: number): Fault {
	return fault(
		"network",
		"webhooks-late-and-twice",
		"the payment network tells everything late, and twice",
		({ payments }): Heal => {
			const { webhookPolicy } = payments;
			const before = { duplicate: webhookPolicy.duplicate, delayMs: webhookPolicy.delayMs };
			webhookPolicy.duplicate = true;
			webhookPolicy.delayMs = milliseconds;
			return () => {
				webhookPolicy.duplicate = before.duplicate;
				webhookPolicy.delayMs = before.delayMs;
			};
		},
	);
}

/** A room with a network of its own to the broker; `controller` is one with a radio. */
export type NetworkedRoom = "cloud" | "pi" | "controller";

/** What is bad between each room and the broker: faults may overlap, and each ends by itself. */
const conditionsOf = new WeakMap<MemoryStage, Map<NetworkedRoom, Set<NetworkConditions>>>();

function network(room: NetworkedRoom, name: string, what: string, conditions: NetworkConditions): Fault {
	return fault("network", `${room}-network-${name}`, `between the ${room} and the broker ${what}`, (stage): Heal => {
		if (!(stage instanceof MemoryStage)) throw new FaultNotHere("Networks can be bad on a stage in memory only.");
		const rooms = conditionsOf.get(stage) ?? new Map<NetworkedRoom, Set<NetworkConditions>>();
		conditionsOf.set(stage, rooms);
		const here = rooms.get(room) ?? new Set();
		rooms.set(room, here);
		const settle = () => stage.setNetwork(room, here.size === 0 ? undefined : Object.assign({}, ...here));
		// An object of its own, though another fault says the same.
		const mine = { ...conditions };
		here.add(mine);
		settle();
		return () => {
			here.delete(mine);
			settle();
		};
	});
}

/** Packets between a room and the broker get lost, and their connection with them. */
export function networkLoss(room: NetworkedRoom, lossPermille: number): Fault {
	return network(room, "loss", "packets get lost", { lossPermille });
}

export function networkDelay(room: NetworkedRoom, delayMs: number): Fault {
	return network(room, "delay", `everything comes ${delayMs} ms late`, { delayMs });
}

export function networkDuplicate(room: NetworkedRoom, duplicatePermille: number): Fault {
	return network(room, "duplicate", "messages come twice", { duplicatePermille });
}

export function networkReorder(room: NetworkedRoom, jitterMs: number): Fault {
	return network(room, "reorder", "messages overtake each other", { jitterMs });
}
