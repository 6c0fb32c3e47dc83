import {
	type Claims,
	deriveKey,
	type EnvelopeKey,
	keyId,
	partyName,
	seal,
} from "@visionvend/sdk/device/envelope/envelope";
import { maskKey } from "@visionvend/sdk/device/envelope/mask-key";
import { openEnvelope } from "@visionvend/sdk/protocol/envelope";
import { keyRotationSchema, keysStatusBodySchema } from "@visionvend/sdk/protocol/messages";
import { planogramParts } from "@visionvend/sdk/protocol/planogram";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Crash, configuration, keys, machineId, TestMachine, topics } from "../../test/test-machine.ts";
import { openStore } from "../store/store.ts";
import { readSecrets } from "./stored-secrets.ts";

let machine: TestMachine;
beforeEach(async () => {
	machine = new TestMachine();
	await machine.start();
	await machine.run(1_000);
});
afterEach(() => machine.close());

const secret = new Uint8Array(32).fill(7);
const toPi = (version: number) => deriveKey(secret, machineId, keyId("cloud", "pi", version));
const fromPi = (version: number) => deriveKey(secret, machineId, keyId("pi", "cloud", version));
const password = new Uint8Array(32).fill(5);

/** As the cloud hides the keys of a version. */
function rotation(version: number, under: EnvelopeKey = toPi(version - 1)) {
	const salt = new Uint8Array(16).fill(version);
	const hide = (name: string, bytes: Uint8Array) =>
		Buffer.from(maskKey(under, salt, name, bytes)).toString("base64url");
	return keyRotationSchema.parse({
		version,
		salt: Buffer.from(salt).toString("base64url"),
		receive: hide(keyId("cloud", "pi", version), toPi(version).key),
		send: hide(keyId("pi", "cloud", version), fromPi(version).key),
		broker: hide(`broker.${version}`, password),
	});
}

let sequence = 0;
function tell(topic: string, body: unknown, key: EnvelopeKey, changes: Partial<Claims> = {}): void {
	sequence += 1;
	const claims = { iss: "cloud", aud: partyName(machineId, "pi"), jti: `${sequence}`, seq: sequence, topic, body };
	machine.broker.deliver(topic, seal(key, { ...claims, ...changes }));
}

/** Of which keys the Pi has said, under themselves, that it has them. */
function said(): number[] {
	return machine.broker.published
		.filter(({ topic }) => topic === topics.keysStatus)
		.map(({ payload }) => {
			const expected = { iss: partyName(machineId, "pi"), aud: "cloud", topic: topics.keysStatus };
			for (const version of [1, 2, 3]) {
				const opened = openEnvelope(fromPi(version), expected, payload);
				if (opened.ok) {
					expect(keysStatusBodySchema.parse(opened.claims.body)).toEqual({ version });
					return version;
				}
			}
			throw new Error("sealed under no key of this machine");
		});
}

const planogram = (version: number) => planogramParts(version, configuration("").products)[0];
const rejected = () => machine.events("message.rejected").map(({ reason }) => reason);
const stored = async () => {
	const store = await openStore(machine.databaseUrl);
	const found = await readSecrets(configuration(machine.databaseUrl), store);
	store.close();
	return found;
};

test("4.26 new keys are kept and used, and the old one opens nothing any more once the cloud uses the new one", async () => {
	tell(topics.newKeys, rotation(2), toPi(1));
	await machine.run(500);
	expect(said()).toEqual([2]);
	expect(machine.accounts).toEqual([
		{ username: `${machineId}.2`, password: Buffer.from(password).toString("base64url") },
	]);
	// What was on its way is still good.
	tell(topics.planogram, planogram(1), toPi(1));
	await machine.run(500);
	expect(machine.events("planogram.applied")).toHaveLength(1);
	tell(topics.planogram, planogram(2), toPi(2));
	await machine.run(500);
	expect(machine.events("planogram.applied")).toHaveLength(2);
	tell(topics.planogram, planogram(3), toPi(1));
	await machine.run(500);
	expect(rejected()).toEqual(["wrong-key"]);
	expect((await stored()).receive.map(({ kid }) => kid)).toEqual(["cloud-pi.2"]);
});

test("4.26 a repeated message is answered again, an older one is not, and the next rotation starts from the new keys", async () => {
	tell(topics.newKeys, rotation(2), toPi(1));
	tell(topics.newKeys, rotation(2), toPi(1));
	await machine.run(500);
	expect(said()).toEqual([2, 2]);
	tell(topics.newKeys, rotation(3), toPi(2));
	await machine.run(500);
	expect(said()).toEqual([2, 2, 3]);
	tell(topics.newKeys, rotation(2), toPi(2));
	await machine.run(500);
	expect(said()).toEqual([2, 2, 3]);
});

test("4.26 keys outlive the process; a configuration file of a later claim goes before them", async () => {
	tell(topics.newKeys, rotation(2), toPi(1));
	await machine.run(500);
	await machine.pi.close();
	await machine.start();
	await machine.run(500);
	tell(topics.planogram, planogram(5), toPi(2));
	await machine.run(500);
	expect(machine.events("planogram.applied")).toHaveLength(1);

	const store = await openStore(machine.databaseUrl);
	const file = configuration(machine.databaseUrl);
	const claimed = {
		receive: { ...file.keys.receive, kid: "cloud-pi.2" },
		send: { ...file.keys.send, kid: "pi-cloud.2" },
	};
	expect((await readSecrets({ ...file, keys: claimed }, store)).receive).toEqual([claimed.receive]);
	expect((await readSecrets({ ...file, machineId: "another" }, store)).account).toBeUndefined();
	store.close();
});

test("4.26 whenever the process dies, the Pi has the old keys or the new ones, and the cloud's next message opens", async () => {
	const ends = new Set<string>();
	for (let step = 1; ; step += 1) {
		await machine.close();
		machine = new TestMachine();
		const crash = new Crash(step + 8);
		if (await machine.start(crash)) {
			await machine.run(100);
			tell(topics.newKeys, rotation(2), toPi(1));
			await machine.run(500);
			tell(topics.ack, { reportId: "none", saleId: "", outcome: "" }, toPi(2));
			await machine.run(500);
		}
		const { receive } = await stored();
		ends.add(receive.map(({ kid }) => kid).join());
		const survived = !machine.crashed;
		if (survived) break;
		await machine.start();
		// The cloud seals under what it heard last, and what it has not heard it says again.
		tell(topics.newKeys, rotation(2), receive.length === 1 && receive[0].kid === "cloud-pi.2" ? toPi(2) : toPi(1));
		await machine.run(500);
		expect((await stored()).receive[0].kid).toBe("cloud-pi.2");
		expect(said().at(-1)).toBe(2);
	}
	expect(ends).toEqual(new Set(["cloud-pi.1", "cloud-pi.2,cloud-pi.1", "cloud-pi.2"]));
});

test.each([
	["bad-signature", rotation(2), { ...keys.cloudToPi, key: new Uint8Array(32) }, {}],
	["wrong-key", rotation(2), toPi(2), {}],
	["wrong-key", rotation(2), keys.cloudToController, {}],
	["wrong-topic", rotation(2), toPi(1), { topic: topics.ack }],
	["wrong-audience", rotation(2), toPi(1), { aud: partyName(machineId, "controller") }],
	["bad-body", { ...rotation(2), version: 1 }, toPi(1), {}],
	["bad-body", { ...rotation(2), salt: "" }, toPi(1), {}],
	["bad-body", { ...rotation(2), send: "A".repeat(44) }, toPi(1), {}],
] as [string, object, EnvelopeKey, Partial<Claims>][])(
	"4.26 %s: no keys are taken",
	async (reason, body, key, changes) => {
		const topic = topics.newKeys;
		sequence += 1;
		const claims = { iss: "cloud", aud: partyName(machineId, "pi"), jti: `${sequence}`, seq: sequence, topic, body };
		machine.broker.deliver(topics.newKeys, seal(key, { ...claims, ...changes }));
		await machine.run(500);
		expect(rejected()).toEqual([reason]);
		expect(said()).toEqual([]);
		expect((await stored()).receive.map(({ kid }) => kid)).toEqual(["cloud-pi.1"]);
	},
);
