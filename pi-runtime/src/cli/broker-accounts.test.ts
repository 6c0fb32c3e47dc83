import { expect, test } from "vitest";
import { BrokerAccounts } from "./broker-accounts.ts";

const old = { username: "m1", password: "a" };
const fresh = { username: "m1.2", password: "b" };

test("4.26 a broker that knows only one of two accounts lets the Pi in at the second attempt, whichever it is", () => {
	const accounts = new BrokerAccounts([old]);
	expect([accounts.next(), accounts.next()]).toEqual([old, old]);
	accounts.add(fresh);
	expect([accounts.next(), accounts.next(), accounts.next()]).toEqual([fresh, old, fresh]);
	accounts.connected();
	expect(accounts.next()).toEqual(fresh);
});
