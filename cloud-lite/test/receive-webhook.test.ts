import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { systemClock } from "@visionvend/sdk/clock";
import { afterEach, expect, test } from "vitest";
import { AddressGuard } from "../src/notify/address-guard.ts";
import { guardedSender } from "../src/notify/guarded-sender.ts";
import { ownerOf } from "./owner.ts";
import { World } from "./world.ts";

const script = fileURLToPath(new URL("../../docs/examples/receive-webhook.mjs", import.meta.url));
let world: World | undefined;
let receiver: Receiver | undefined;

afterEach(async () => {
	receiver?.child.kill();
	await world?.close();
});

/** The example, running. */
class Receiver {
	readonly child: ChildProcessByStdio<null, Readable, null>;
	#output = "";

	constructor(secret: string) {
		this.child = spawn(process.execPath, [script], {
			env: { ...process.env, WEBHOOK_SECRET: secret, PORT: "0" },
			stdio: ["ignore", "pipe", "inherit"],
		});
		this.child.stdout.on("data", (part: Buffer) => {
			this.#output += part.toString();
		});
	}

	/** Waits until it has printed something like this. */
	async printed(pattern: RegExp): Promise<string> {
		for (;;) {
			const match = pattern.exec(this.#output);
			if (match) return match[1] ?? match[0];
			await once(this.child.stdout, "data");
		}
	}
}

test("docs/examples/receive-webhook.mjs believes the cloud over a real connection, and nobody else", async () => {
	world = await World.create();
	await world.cloud.close();
	// The receiver looks at this computer's time, and so must the sender.
	const send = guardedSender({ guard: new AddressGuard(["127.0.0.0/8"]), clock: systemClock });
	await world.startCloud(() => ({ clock: systemClock, send }));
	const ask = await ownerOf(world);
	const { id, secret } = (await ask("POST", "/api/v1/webhooks", { url: "http://127.0.0.1:9/" })).body.data;
	receiver = new Receiver(secret);
	const url = `http://127.0.0.1:${await receiver.printed(/listening on (\d+)/)}/`;
	await ask("PUT", `/api/v1/webhooks/${id}`, { url });
	await ask("POST", `/api/v1/webhooks/${id}/test`);
	expect(await receiver.printed(/test \{.*\}/)).toBe("test {}");
	const forged = await fetch(url, {
		method: "POST",
		headers: {
			"webhook-id": "evt-1",
			"webhook-timestamp": String(Math.floor(systemClock.now() / 1_000)),
			"webhook-signature": "v1,aGVsbG8=",
		},
		body: "{}",
	});
	expect(forged.status).toBe(401);
	await world.cloud.idle();
	expect((await ask("GET", "/api/v1/deliveries")).body.data).toMatchObject([{ state: "delivered", attempts: 1 }]);
});
