import { expect, test } from "vitest";
import { configuration } from "../test/test-machine.ts";
import { parseConfiguration } from "./configuration.ts";

const good = configuration("file:/tmp/pi.db");

function parsed(changes: object, environment: Record<string, string> = {}) {
	return parseConfiguration(JSON.stringify({ ...good, ...changes }), environment);
}

test("a full configuration comes back as it is", () => {
	expect(parsed({})).toEqual(good);
});

test("store, wire, speed and health port have defaults", () => {
	const { machineId, keys, products, broker } = good;
	expect(parseConfiguration(JSON.stringify({ machineId, keys, products, broker }), {})).toMatchObject({
		databaseUrl: "file:/var/lib/visionvend/pi.db",
		uart: "/dev/serial0",
		baud: 115_200,
		healthPort: 8_081,
	});
});

test("the environment overrides secrets, also those that the file leaves out", () => {
	const receive = `${"B".repeat(42)}A`;
	const result = parsed(
		{ broker: { url: "mqtts://broker.example:8883", username: "fridge-1" } },
		{ VISIONVEND_PI_RECEIVE_KEY: receive, VISIONVEND_PI_BROKER_PASSWORD: "from-environment" },
	);
	expect(result.keys.receive.key).toBe(receive);
	expect(result.keys.send.key).toBe(good.keys.send.key);
	expect(result.broker.password).toBe("from-environment");
});

test.each([
	[{ machineId: "Fridge/1" }, "machineId"],
	[{ keys: { ...good.keys, receive: good.keys.send } }, "keys.receive.kid"],
	[{ keys: { ...good.keys, send: { kid: "pi-cloud.1", key: "c2hvcnQ" } } }, "keys.send.key"],
	[{ databaseUrl: ":memory:" }, "databaseUrl"],
	[{ databaseUrl: "file::memory:" }, "databaseUrl"],
	[{ broker: { ...good.broker, url: "http://broker" } }, "broker.url"],
	[{ uart: "serial0" }, "uart"],
	[{ uart: "tcp://127.0.0.1" }, "uart"],
	[{ baud: 1 }, "baud"],
	[{ healthPort: 65_536 }, "healthPort"],
	[{ products: [...good.products, ...good.products] }, "products"],
	[{ databseUrl: "file:x" }, "databseUrl"],
])("%j is refused with the name of the setting", (changes, name) => {
	expect(() => parsed(changes)).toThrow(name);
});

test("a token in the environment alone lets the service look at pictures, on this machine", () => {
	expect(parsed({}, { VISIONVEND_PI_DETECT_TOKEN: "t".repeat(32) }).detect).toEqual({
		token: "t".repeat(32),
		host: "127.0.0.1",
		port: 8_100,
		engine: "ort",
	});
	expect(() => parsed({ detect: { token: "short" } })).toThrow(/detect\.token: must be at least 32 characters/);
});

test("every problem is told at once", () => {
	expect(() => parsed({ baud: 1, uart: "x" })).toThrow(/2 problem\(s\):\n {2}uart: .*\n {2}baud: /);
});

test("a text that is no JSON is refused without quoting it", () => {
	expect(() => parseConfiguration('{"key": "secret', {})).toThrow(/^(?!.*secret).*not JSON/s);
});

test("a document of another form is refused", () => {
	expect(() => parseConfiguration("[]", { VISIONVEND_PI_SEND_KEY: "x" })).toThrow("problem");
	expect(() => parseConfiguration('{"keys":3}', { VISIONVEND_PI_SEND_KEY: "x" })).toThrow("problem");
});
