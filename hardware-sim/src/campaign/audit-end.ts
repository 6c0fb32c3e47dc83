import { type Books, broken, endStates } from "./audit-books.ts";
import type { Violation } from "./violation.ts";
import type { SaleFacts } from "./visit.ts";

/** Promise 5: how long a sale may take after the last fault. */
export const endWithinMs = 600_000;

/**
 * 5 and 6, of any machine: everything ends, with a cause where people have to look, and nothing that was promised is
 * forgotten.
 *
 * @param isExplained whether something in the world gives reason for people to look
 */
export function auditEnd(
	{ accepted }: SaleFacts,
	{ sale, resets }: Books,
	isExplained: (cause: string) => boolean,
): Violation[] {
	const found: Violation[] = [];
	if (resets.length > 0) found.push(broken(5, "the firmware does not fall over", resets.join(", ")));
	if (sale === undefined) {
		if (accepted)
			found.push(broken(6, "what the phone was told stands is kept", "the cloud does not know the sale any more"));
	} else if (!endStates.has(sale.state)) {
		found.push(
			broken(
				5,
				`every sale ends within ${endWithinMs / 60_000} minutes of the last fault`,
				`it is still ${sale.state}`,
			),
		);
	} else if (sale.state === "review") {
		if (!sale.cause) found.push(broken(5, "a review has a cause", "it has none"));
		else if (!isExplained(sale.cause))
			found.push(
				broken(5, "a sale that nothing speaks against does not go to people", `it is in review: ${sale.cause}`),
			);
	}
	return found;
}
