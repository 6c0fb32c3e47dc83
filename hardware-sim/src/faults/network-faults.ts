import { type Fault, fault, type Heal } from "./fault.ts";

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
