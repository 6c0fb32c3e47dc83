import { expect, test } from "vitest";
import { Outbox } from "./outbox.ts";
import type { OutgoingMessage } from "./uplink.ts";

const message = (name: string, options: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
	topic: name,
	droppable: false,
	body: () => name,
	...options,
});
const report = (name: string) => message(name, { identity: { jti: name, seq: 1 } });

function contents(outbox: Outbox): string[] {
	const names: string[] = [];
	for (let taken = outbox.take(); taken !== undefined; taken = outbox.take()) names.push(taken.topic);
	return names;
}

test("32 messages wait at most, and of those that nobody wants to lose the reports stay longest", () => {
	const outbox = new Outbox();
	outbox.add(report("report"));
	for (let number = 0; number < 100; number++) outbox.add(message(`${number}`));
	const waiting = contents(outbox);
	expect(waiting).toHaveLength(32);
	expect(waiting.slice(0, 2)).toEqual(["report", "69"]);
	expect(waiting.at(-1)).toBe("99");
});

test("a report that finds nothing but reports stays in the store, for the next start", () => {
	const outbox = new Outbox();
	for (let number = 0; number < 40; number++) outbox.add(report(`${number}`));
	outbox.add(message("status"));
	outbox.putBack(message("other status"));
	const waiting = contents(outbox);
	expect(waiting).toHaveLength(32);
	expect(waiting.at(-1)).toBe("31");
});
