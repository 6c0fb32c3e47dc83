import type { ControllerConfiguration, KeyRotation } from "@visionvend/sdk/device/messages";
import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { expect, test } from "vitest";
import {
	Bench,
	configuration,
	keyRotation,
	keysOf,
	machineId,
	newPassword,
	overWiFi,
	topicOf,
} from "../../test/bench.ts";

const next = keysOf(2);

const newKeys = {
	receive: { kid: "cloud-controller.2", key: encodeBase64url(next.toController.key) },
	send: { kid: "controller-cloud.2", key: encodeBase64url(next.fromController.key) },
};

function rotate(machine: ControllerConfiguration, changes: Partial<KeyRotation> = {}): Bench {
	const bench = new Bench(machine);
	bench.restartable = true;
	bench.powerUp();
	bench.run(4);
	bench.command(topicOf.configurationUpdate, {
		commandId: "c1",
		version: 1,
		settings: { keyRotation: keyRotation(changes) },
	});
	bench.run(9);
	return bench;
}

const running = (bench: Bench) => bench.storedJson("configuration") as ControllerConfiguration;

test.each([
	["a pi", configuration],
	["Wi-Fi", overWiFi(configuration)],
])("new keys that come by way of %s are tried, and stay when the cloud is heard under them", (_way, machine) => {
	const bench = rotate(machine);
	expect(bench.keyVersion).toBe(2);
	expect(running(bench).keys).toEqual(machine.keys);
	bench.hello();
	bench.run(2);
	expect(bench.statuses("c1")).toEqual(["received", "running", "done"]);
	const { uplink, ...rest } = running(bench);
	const { uplink: before, ...same } = machine;
	expect(rest).toEqual({ ...same, version: 1, keys: newKeys });
	const account = { user: `${machineId}.2`, password: encodeBase64url(newPassword) };
	expect(uplink).toEqual(before.broker ? { ...before, broker: { ...before.broker, ...account } } : before);

	bench.unlock("sale-1", 1);
	bench.run(2.5);
	expect(bench.lock.pulses).toBe(1);
	const { nonce } = bench.hello();
	const body = { saleId: "sale-2", counter: 2, windowMs: 10_000, language: "en" };
	bench.command(topicOf.unlock, body, { nonce, key: keysOf(1).toController });
	bench.run(2);
	expect(bench.lock.pulses).toBe(1);
	expect(bench.logged.at(-1)).toMatchObject({ detail: { reason: "wrong-key" } });
});

test("when nothing comes under the new keys for a minute, the old ones are good again", () => {
	const bench = rotate(configuration);
	for (let second = 0; second < 65; second++) {
		// Whoever has the old key alone cannot keep the new one.
		bench.command(topicOf.helloRequest, { request: "r" }, { key: keysOf(1).toController });
		bench.run(1);
	}
	expect(bench.statuses("c1").at(-1)).toBe("failed rolled-back");
	expect(running(bench)).toEqual(configuration);
	expect(bench.keyVersion).toBe(1);
	bench.unlock("sale-1", 1);
	bench.run(2.5);
	expect(bench.lock.pulses).toBe(1);
});

test("a key that comes out of its hiding wrong opens nothing, and does not stay", () => {
	const bench = rotate(configuration, { receive: keyRotation().send });
	for (let second = 0; second < 70; second++) {
		bench.answer();
		bench.run(1);
	}
	expect(bench.statuses("c1").at(-1)).toBe("failed rolled-back");
	expect(running(bench)).toEqual(configuration);
});

test("a version other than the one that keys are hidden for gives keys of nobody", () => {
	expect(() => rotate(configuration, { version: 3 })).toThrow("does not open: wrong-key");
});

test.each([
	["a version that is the first", { version: 1 }],
	["a salt of 12 bytes", { salt: "A".repeat(16) }],
	["a key that is no 32 bytes", { send: "A".repeat(44) }],
	["letters that base64url lacks", { receive: "+".repeat(43) }],
	["bits after the last byte", { broker: `${"A".repeat(42)}B` }],
	["no salt", { salt: undefined }],
])("%s: the message is none, and nothing is kept", (_what, changes) => {
	const bench = rotate(configuration, changes as Partial<KeyRotation>);
	expect(bench.controller?.rejected).toBe(1);
	expect(bench.stored.has("configuration.trial")).toBe(false);
	expect(running(bench)).toEqual(configuration);
});

test.each([true, false])(
	"a power cut at any write leaves the old keys or the new ones, and both open the door (%s)",
	(heard) => {
		const ends = new Set<string>();
		for (let cut = 0; cut < 20; cut++) {
			const bench = new Bench(configuration);
			bench.restartable = true;
			bench.powerUp();
			bench.run(4);
			const settings = { keyRotation: keyRotation() };
			bench.command(topicOf.configurationUpdate, { commandId: "c1", version: 1, settings });
			bench.run(0.01);
			bench.cutAtWrite = cut >> 1;
			bench.keepsCutWrite = cut % 2 === 1;
			for (let second = 0; second < 12; second++) {
				bench.run(1);
				if (heard) bench.answer();
			}
			bench.cutAtWrite = Number.POSITIVE_INFINITY;
			bench.run(heard ? 5 : 70);
			const { keys } = running(bench);
			expect([configuration.keys, newKeys]).toContainEqual(keys);
			expect(keysOf(bench.keyVersion).toController.kid).toBe(keys.receive.kid);
			bench.unlock("sale-1", 1);
			bench.run(2.5);
			expect(bench.lock.pulses).toBe(1);
			ends.add(keys.receive.kid);
		}
		expect(ends).toEqual(new Set(heard ? ["cloud-controller.1", "cloud-controller.2"] : ["cloud-controller.1"]));
	},
);
