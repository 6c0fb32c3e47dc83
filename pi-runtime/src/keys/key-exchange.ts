import { keyRotationSchema } from "@visionvend/sdk/protocol/messages";
import { errorText } from "../error-text.ts";
import { sealForCloud } from "../seal-for-cloud.ts";
import type { ServiceContext } from "../service-context.ts";
import type { PiSecrets } from "./stored-secrets.ts";

/** Takes new keys from the cloud: first to the disk, then into use, then the cloud hears of it under the new ones. */
export class KeyExchange {
	readonly #context: ServiceContext;
	readonly #onAccount: (account: NonNullable<PiSecrets["account"]>) => void;
	#sequence = 0;

	/** `onAccount`: a new account at the broker, for the next connection. */
	constructor(context: ServiceContext, onAccount: (account: NonNullable<PiSecrets["account"]>) => void) {
		this.#context = context;
		this.#onAccount = onAccount;
	}

	/** A message of the cloud. Only the cloud can seal one, and its keys are hidden from whoever lacks the old ones. */
	receive(topic: string, token: string): void {
		const { keys, retrier, store, tell } = this.#context;
		const opened = keys.open(topic, token);
		const rotation = opened.ok ? keyRotationSchema.safeParse(opened.claims.body) : undefined;
		if (!rotation?.success) {
			tell("warn", "message.rejected", { topic, reason: opened.ok ? "bad-body" : opened.refusal });
			return;
		}
		const { version } = rotation.data;
		if (version < keys.version) return;
		// It may have missed that we have them.
		if (version === keys.version) this.#say(version);
		else {
			const secrets = keys.rotated(rotation.data, token);
			retrier.run("store new keys", async () => {
				if (version <= keys.version) return;
				await store.keepSecrets(JSON.stringify(secrets));
				keys.use(secrets);
				tell("info", "keys.taken", { version });
				if (secrets.account !== undefined) this.#onAccount(secrets.account);
				this.#say(version);
			});
		}
	}

	/** Something has come under the new key: the old one opens nothing any more. */
	forgetOld(): void {
		const { keys, retrier, store, tell } = this.#context;
		const { version } = keys;
		retrier.run("forget the old keys", async () => {
			if (keys.version !== version) return;
			const secrets = keys.withoutOld();
			await store.keepSecrets(JSON.stringify(secrets));
			if (keys.version !== version) return;
			keys.use(secrets);
			tell("info", "keys.exchanged", { version });
		});
	}

	#say(version: number): void {
		const { broker, tell, topics, tracker } = this.#context;
		const failed = (error: unknown) => tell("warn", "keys.unsaid", { error: errorText(error) });
		this.#sequence += 1;
		const seq = this.#sequence;
		tracker.run(async () => {
			const token = await sealForCloud(this.#context, { topic: topics.keysStatus, seq, body: { version } });
			// Not awaited: the broker's answer takes time, and a task of the tracker must end while the clock stands.
			broker.publish(topics.keysStatus, token).catch(failed);
		}, failed);
	}
}
